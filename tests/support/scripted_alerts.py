"""A source of alerts whose conditions a test writes down, and the ledger rows of its days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl

from app.alerts.contract import CONDITION_COLUMNS, Conditions, ConditionsRequest
from app.alerts.enums import AlertSubject, Severity
from app.alerts.rules.rule import Rule
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.reports.churn.alerts import ChurnAlerts
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import DayState, Verdict

UTC_ZONE = ZoneInfo("UTC")
MADE_BY = UUID(int=1)
PAY, QUIT = "PAY", "QUIT"
RULES: Mapping[str, Rule] = {QUIT: Rule(), PAY: Rule(quiet_days=10)}


@dataclass(frozen=True)
class SubjectDay:
    """The conditions of a subject on a day: whether each alert type fires (None: not known)."""

    quit: bool | None = False
    pay: bool | None = False
    severity: Severity = Severity.HIGH

    def fires(self, alert_type: str, *, is_reliable: bool) -> bool | None:
        """Return whether a type fires: PAY is known on any day, QUIT only on a reliable one."""
        if alert_type == PAY:
            return self.pay
        return self.quit if is_reliable else None


Day = Mapping[int, SubjectDay]
"""The conditions of each live subject of a day."""


@dataclass
class ScriptedSource:
    """Returns the conditions of its script; raises `SourceDown` once, after `fails_in` days."""

    report_type: str = "scripted"
    rules: Mapping[str, Rule] = field(default_factory=lambda: dict(RULES))
    subject: AlertSubject = AlertSubject.LEARNER
    outcome_sql: str = ChurnAlerts.outcome_sql
    current_value_sql: str = ""
    reason_sql: str = ""
    script: dict[tuple[int, date], Day] = field(default_factory=dict)
    fails_in: int = -1

    async def conditions(self, _database: Database, request: ConditionsRequest) -> Conditions:
        """Return the script of the day; conditions that are not known only if they are followed."""
        self.fails_in -= 1
        if self.fails_in == -1:
            raise SourceDown("The script has an end here.")
        day = self.script.get((request.academy_id, request.day), {})
        known = set(request.followed.select("user_id", "alert_type").iter_rows())
        rows = [
            (user, kind, fires, seen.severity, f'{{"day": "{request.day}"}}')
            for user, seen in day.items()
            for kind in (QUIT, PAY)
            for fires in [seen.fires(kind, is_reliable=request.is_reliable)]
            if fires or (fires is None and (user, kind) in known)
        ]
        return Conditions(
            live=pl.DataFrame({"user_id": list(day)}, schema={"user_id": pl.Int64}),
            rows=pl.DataFrame(rows, schema=CONDITION_COLUMNS, orient="row"),
        )


def at_two(day: date) -> datetime:
    """Return two o'clock (UTC) after `day`, when its report is made."""
    return datetime.fromordinal(day.toordinal() + 1).replace(hour=2, tzinfo=UTC)


async def publish(
    database: Database,
    report_type: str,
    academy_id: int,
    day: date,
    **changes: object,
) -> None:
    """Write the ledger row of a published day, with a new revision."""
    async with database.transaction() as session:
        values: dict[str, object] = {
            "state": DayState.PUBLISHED,
            "verdict": Verdict.OK,
            "run_id": MADE_BY,
            "revision": await ledger.next_revision(session),
            "published_at": at_two(day),
            "updated_at": at_two(day),
        }
        await ledger.write_ledger_day(session, report_type, day, academy_id, values | changes)
