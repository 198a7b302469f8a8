"""Results of the checks of `headsup doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check, and what to do if it is not as it should be."""

    subject: str
    said: str
    level: Level = Level.OK
