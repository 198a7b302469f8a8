"""Everything that can go wrong by name, drawn as a tree.

AppError
├── Invalid       422  what the caller sent
│   └── Unusable  422  a setting or a home that cannot be used
├── Forbidden     403  the key may not
├── NotFound      404  there is none, or none that the caller may see
├── Conflict      409  it is not in a state that allows it
└── SourceDown    503  something that is read did not answer
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with what was sent: where, and what was expected."""

    pointer: str
    message: str


class AppError(Exception):
    """An error that a person can act on; its text says what to do."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retry_after_seconds: int | None = None
    """The seconds after which the same request may succeed, where they are known."""

    def __init__(self, message: str, *, code: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.full_message = message
        """With what only who runs the service may see."""
        self.code = code or self.default_code()
        self.faults = tuple(faults)

    @classmethod
    def default_code(cls) -> str:
        """Name the kind in the form that clients compare."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")


class Invalid(AppError):
    """What the caller sent cannot be used."""

    status = 422
    exit_code = 2


class Unusable(Invalid):
    """What the environment says cannot be used."""


class Forbidden(AppError):
    """The key may not do this."""

    status = 403


class NotFound(AppError):
    """There is none, or none that the caller may see."""

    status = 404
    exit_code = 2


class Conflict(AppError):
    """The thing is not in a state that allows it."""

    status = 409


class SourceDown(AppError):
    """Something that is read did not answer."""

    status = 503
    retry_after_seconds = 5
