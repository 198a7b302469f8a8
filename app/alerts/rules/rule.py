"""The parameters by which an alert type fires and ends."""

from dataclasses import dataclass

from app.alerts.enums import Severity

CLEAR_DAYS, MAX_CLEAR_DAYS = 2, 30
QUIET_DAYS, MAX_QUIET_DAYS = 30, 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alert of one type fires, and when its episode ends.

    The source decides what `threshold` is compared with; it is None for a type that has none. The
    source also decides what a subject's level is: a condition fires only at `needs_level` or
    above. An episode resolves by itself after `clear_days` days on which the condition is clear.
    After somebody resolved it by hand, no alert opens until `clear_days` clear days and
    `quiet_days` days have passed. `version` is 0 for the default in the code.
    """

    enabled: bool = True
    threshold: float | None = None
    needs_level: Severity = Severity.LOW
    clear_days: int = CLEAR_DAYS
    quiet_days: int = QUIET_DAYS
    version: int = 0
