"""What an academy wants to be told of."""

from dataclasses import dataclass

from app.alerts.enums import Severity

CLEAR_DAYS = 2
QUIET_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alert of one type fires, and how it comes to rest.

    What `threshold` counts is the report's; None for a type that has none. A condition counts
    only at `needs_level` or above. After `clear_days` clear days an episode resolves by itself;
    one resolved by hand is quiet for `quiet_days` and so many clear days. `version` 0 is the
    default of the code.
    """

    enabled: bool = True
    threshold: float | None = None
    needs_level: Severity = Severity.LOW
    clear_days: int = CLEAR_DAYS
    quiet_days: int = QUIET_DAYS
    version: int = 0
