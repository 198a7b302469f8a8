"""The filter of a list of alerts, and its SQL conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from types import MappingProxyType

from app.alerts.enums import AlertOrigin, AlertStatus, Severity

NOT_SNOOZED = "(snoozed_until IS NULL OR snoozed_until <= CAST(:now AS timestamptz))"
OPEN = "status <> 'RESOLVED'"
"""The condition of the partial indexes of open episodes, word for word."""
FILTER_SQL: Mapping[str, str] = MappingProxyType(
    {
        "report_types": "report_type = ANY(CAST(:report_types AS text[]))",
        "academies": "academy_id = ANY(CAST(:academies AS bigint[]))",
        "statuses": "status = ANY(CAST(:statuses AS text[]))",
        "severities": "severity = ANY(CAST(:severities AS text[]))",
        "types": "alert_type = ANY(CAST(:types AS text[]))",
        "origins": "origin = ANY(CAST(:origins AS text[]))",
        "alert_id": "id = CAST(:alert_id AS bigint)",
        "user_id": "user_id = CAST(:user_id AS bigint)",
        "assignee": "assignee = CAST(:assignee AS text)",
        "triggered_from": "triggered_on >= CAST(:triggered_from AS date)",
        "triggered_to": "triggered_on <= CAST(:triggered_to AS date)",
    }
)
ONE_ACADEMY = "academy_id = (CAST(:academies AS bigint[]))[1]"
"""Equality lets the planner read an index in the order of the list, which `= ANY` does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """The episodes that a list is about; None: no restriction.

    Without `statuses` the list has the open episodes that are not snoozed. `may_name` says whether
    it has the names of learners.
    """

    report_types: Sequence[str]
    academies: Sequence[int] | None = None
    statuses: Sequence[AlertStatus] | None = None
    severities: Sequence[Severity] | None = None
    types: Sequence[str] | None = None
    origins: Sequence[AlertOrigin] | None = None
    alert_id: int | None = None
    user_id: int | None = None
    assignee: str | None = None
    is_unassigned: bool = False
    triggered_from: date | None = None
    triggered_to: date | None = None
    may_name: bool = False

    @property
    def conditions(self) -> str:
        """The WHERE clause of the fields that are set.

        A condition such as `:x IS NULL OR ...` would keep the planner from using an index.
        """
        named = {name: sql for name, sql in FILTER_SQL.items() if getattr(self, name) is not None}
        if self.academies is not None and len(self.academies) == 1:
            named["academies"] = ONE_ACADEMY
        found = list(named.values())
        if self.statuses is None:
            found += [OPEN, NOT_SNOOZED]
        elif AlertStatus.RESOLVED not in self.statuses:
            found.append(OPEN)
        if self.is_unassigned:
            found.append("assignee IS NULL")
        return " AND ".join(found)

    def params(self, now: datetime) -> dict[str, object]:
        """Return the parameters of the conditions, and `may_name`."""
        named = {name: value for name, value in asdict(self).items() if value is not None}
        del named["is_unassigned"]
        return named | ({"now": now} if self.statuses is None else {})
