"""What a key may do, and for which academies and reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kit.errors import Forbidden, NotFound


class Scope(StrEnum):
    REPORTS_READ = "reports:read"
    REPORTS_RUN = "reports:run"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    DATA_WRITE = "data:write"
    PEOPLE_READ = "people:read"
    PEOPLE_ERASE = "people:erase"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that was verified; None for academies or report types means all of them."""

    id: UUID
    name: str
    prefix: str
    scopes: frozenset[Scope]
    academies: frozenset[int] | None = None
    report_types: frozenset[str] | None = None
    expires_at: datetime | None = None

    def has(self, scope: Scope) -> bool:
        """Say whether the key has a scope."""
        return scope in self.scopes

    def check(self, scope: Scope) -> None:
        """Raise `Forbidden` if the key lacks a scope."""
        if scope not in self.scopes:
            raise Forbidden(f"The key lacks the scope {scope}.", code="missing_scope")

    def check_report(self, report_type: str) -> None:
        """Raise `Forbidden` if the key is limited to other report types."""
        if self.report_types is not None and report_type not in self.report_types:
            raise Forbidden(
                f"The key may not see the report {report_type!r}.", code="report_not_allowed"
            )

    def narrow(self, requested: Sequence[int] | None) -> list[int] | None:
        """Return the academies in scope, sorted; None is every one.

        Raises `NotFound` for an academy that is not the key's, whether it exists or not.
        """
        if not requested:
            return None if self.academies is None else sorted(self.academies)
        if self.academies is not None:
            for academy_id in sorted(set(requested) - self.academies):
                raise unknown_academy(academy_id)
        return sorted(set(requested))

    def covers(self, other: "Key") -> bool:
        """Say whether this key may do, see and outlast all that the other one may."""
        return (
            other.scopes <= self.scopes
            and _within(other.academies, self.academies)
            and _within(other.report_types, self.report_types)
            and _no_later(other.expires_at, self.expires_at)
        )


def unknown_academy(academy_id: int) -> NotFound:
    """Return the error for an academy that does not exist, or not for the key."""
    return NotFound(f"There is no academy {academy_id}.", code="unknown_academy")


def _within(inner: frozenset[object] | None, outer: frozenset[object] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _no_later(inner: datetime | None, outer: datetime | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)
