"""A report whose conditions a test writes down, and the ledger rows of its days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl

from app.alerts.contract import CONDITION_COLUMNS, Conditions, ConditionsRequest
from app.alerts.enums import Severity
from app.alerts.rules.rule import Rule
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import DayState, Verdict

UTC_ZONE = ZoneInfo("UTC")
MADE_BY = UUID(int=1)
PAY, QUIT = "PAY", "QUIT"
RULES: Mapping[str, Rule] = {QUIT: Rule(), PAY: Rule(quiet_days=10)}


@dataclass(frozen=True)
class Seen:
    """What a day says of a subscriber: whether each alert type fires (None: not known)."""

    quit: bool | None = False
    pay: bool | None = False
    severity: Severity = Severity.HIGH

    def fires(self, alert_type: str, *, is_reliable: bool) -> bool | None:
        """Payment is known on any day; whether somebody quits, on a reliable one."""
        if alert_type == PAY:
            return self.pay
        return self.quit if is_reliable else None


Day = Mapping[int, Seen]
"""Each live subscriber of a day."""


@dataclass
class ScriptedReport:
    """Answers what the script says; `fails_in` that many days it does not answer."""

    report_type: str = "scripted"
    rules: Mapping[str, Rule] = field(default_factory=lambda: dict(RULES))
    scores_sql: str = ""
    score_sql: str = ""
    words_sql: str = ""
    script: dict[tuple[int, date], Day] = field(default_factory=dict)
    fails_in: int = -1

    async def conditions(self, _database: Database, asked: ConditionsRequest) -> Conditions:
        """Return the script of the day; of what is not known, only what is followed."""
        self.fails_in -= 1
        if self.fails_in == -1:
            raise SourceDown("The script has an end here.")
        day = self.script.get((asked.academy_id, asked.day), {})
        known = set(asked.followed.select("user_id", "alert_type").iter_rows())
        rows = [
            (user, kind, fires, seen.severity, f'{{"day": "{asked.day}"}}')
            for user, seen in day.items()
            for kind in (QUIT, PAY)
            for fires in [seen.fires(kind, is_reliable=asked.is_reliable)]
            if fires or (fires is None and (user, kind) in known)
        ]
        return Conditions(
            live=pl.DataFrame({"user_id": list(day)}, schema={"user_id": pl.Int64}),
            rows=pl.DataFrame(rows, schema=CONDITION_COLUMNS, orient="row"),
        )


def at_two(day: date) -> datetime:
    """Return the instant at which the report of `day` is made."""
    return datetime.fromordinal(day.toordinal() + 1).replace(hour=2, tzinfo=UTC)


async def publish(
    database: Database,
    report_type: str,
    academy_id: int,
    day: date,
    **changes: object,
) -> None:
    """Write the ledger's row of a published day, with a new revision."""
    async with database.transaction() as session:
        values: dict[str, object] = {
            "state": DayState.PUBLISHED,
            "verdict": Verdict.OK,
            "run_id": MADE_BY,
            "revision": await ledger.next_revision(session),
            "published_at": at_two(day),
            "updated_at": at_two(day),
        }
        await ledger.write_day(session, report_type, day, academy_id, values | changes)
