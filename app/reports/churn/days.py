"""The published days that an answer is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.counted import evaluations
from app.kit.days import EPOCH
from app.kit.etags import etag_of
from app.reports.churn.asked import DayAsked, DaysAsked
from app.runs.base import Academies
from app.runs.gate import DayState

HERE = Path(__file__).parent
DAYS_SQL = (HERE / "days.sql").read_text("utf-8")
NEWEST_SQL = (HERE / "days_newest.sql").read_text("utf-8") + DAYS_SQL
BETWEEN_SQL = (HERE / "days_between.sql").read_text("utf-8") + DAYS_SQL
EVALUATIONS = {True: evaluations("churn"), False: "NULL"}
NEWEST = {told: text(NEWEST_SQL.format(evaluations=sql)) for told, sql in EVALUATIONS.items()}
BETWEEN = {told: text(BETWEEN_SQL.format(evaluations=sql)) for told, sql in EVALUATIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDay:
    """An academy's day that can be read, and the publications that it is compared with."""

    academy_id: int
    report_date: date
    state: DayState
    revision: int
    published_at: datetime
    scoring_version: int
    yesterday_revision: int | None
    earlier_revision: int | None
    earlier_scoring_version: int | None
    directory_version: str | None
    evaluations: str | None

    @property
    def shown(self) -> dict[str, object]:
        """What is told of it, as `ReadDay` has it: an answer may have thousands."""
        return {
            "academy_id": self.academy_id,
            "report_date": self.report_date,
            "state": self.state,
            "revision": self.revision,
            "published_at": self.published_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """All days of an answer, the newest first."""

    each: Sequence[PublishedDay]

    @property
    def first(self) -> date:
        """The oldest."""
        return min((day.report_date for day in self.each), default=EPOCH)

    @property
    def last(self) -> date:
        """The newest."""
        return max((day.report_date for day in self.each), default=EPOCH)

    @property
    def digest(self) -> str:
        """What stays the same as long as no day is published anew."""
        return etag_of([(d.academy_id, d.report_date, d.revision) for d in self.each])

    @property
    def versions(self) -> object:
        """All that an answer made of these days depends on, the directory apart."""
        read = [(d.academy_id, d.report_date, d.state, d.revision) for d in self.each]
        compared = [(d.yesterday_revision, d.earlier_revision) for d in self.each]
        return read, compared, self.each[0].evaluations if self.each else None

    @property
    def directory_version(self) -> str | None:
        """What changes with every name."""
        return self.each[0].directory_version if self.each else None

    @property
    def params(self) -> dict[str, object]:
        """The days as columns."""
        return {
            "academies": [day.academy_id for day in self.each],
            "dates": [day.report_date for day in self.each],
        }

    @property
    def revisions(self) -> list[int]:
        """Their publications."""
        return [day.revision for day in self.each]


def bounds(asked: DayAsked) -> tuple[date, date] | None:
    """Return the first and the last day asked for; None is the newest of each academy."""
    if asked.date is not None:
        return asked.date, asked.date
    if isinstance(asked, DaysAsked) and asked.date_from is not None and asked.date_to is not None:
        return asked.date_from, asked.date_to
    return None


async def find_days(
    connection: AsyncConnection,
    asked: DayAsked,
    academies: Academies,
    *,
    until: date | None = None,
) -> Days:
    """Return the days asked for that can be read, or each academy's newest.

    With `until`, the newest that is not after it.
    """
    params: dict[str, object] = {
        "academies": None if academies is None else list(academies),
        "back": None if asked.is_summed else asked.compared_days,
    }
    asked_for = bounds(asked)
    if asked_for is None:
        found = await connection.execute(NEWEST[asked.is_summed], params | {"until": until})
    else:
        first, last = asked_for
        between = params | {"first": first, "last": last}
        found = await connection.execute(BETWEEN[asked.is_summed], between)
    names = tuple(found.keys())
    return Days(each=[PublishedDay(**dict(zip(names, row, strict=True))) for row in found])
