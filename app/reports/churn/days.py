"""The published days that an answer is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.alerts.counted import evaluations
from app.kit.days import EPOCH
from app.kit.json_sql import object_of
from app.kit.reader import Rows
from app.kit.statements import Statement
from app.reports.churn.asked import DayAsked, DaysAsked
from app.reports.churn.schemas import ReadDay
from app.runs.base import Academies

HERE = Path(__file__).parent
NEWEST_SQL = (HERE / "days_newest.sql").read_text("utf-8")
BETWEEN_SQL = (HERE / "days_between.sql").read_text("utf-8")
COMPARED_SQL = (HERE / "days_compared.sql").read_text("utf-8")
ALONE_SQL = (HERE / "days_alone.sql").read_text("utf-8")
DAYS_SQL = (HERE / "days.sql").read_text("utf-8")
SHOWN = object_of(ReadDay, "sorted")
SUMMED_SQL = ALONE_SQL + DAYS_SQL.format(item=SHOWN, evaluations=evaluations("churn"))
LISTED_SQL = COMPARED_SQL + DAYS_SQL.format(item=SHOWN, evaluations="NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """All days of an answer, the newest first, as the database put them together.

    There may be many (a year of every academy), so nothing is done with each of them here.
    """

    academies: Sequence[int]
    dates: Sequence[date]
    revisions: Sequence[int]
    earlier_revisions: Sequence[int | None]
    shown: str
    """What is told of them: JSON objects with commas between them."""
    digest: str
    """What stays the same as long as no day is published anew."""
    versions: str
    """All that an answer made of these days depends on, the directory apart: of sums, the
    evaluations of alerts as well."""
    scoring_changed_on: date | None
    """The newest day whose score is computed in another way than that of the day compared."""
    directory_version: str | None
    """What changes with every name."""

    @property
    def first(self) -> date:
        """The oldest."""
        return self.dates[-1] if self.dates else EPOCH

    @property
    def last(self) -> date:
        """The newest."""
        return self.dates[0] if self.dates else EPOCH

    @property
    def params(self) -> dict[str, object]:
        """The days as columns."""
        return {"academies": self.academies, "dates": self.dates}


def bounds(asked: DayAsked) -> tuple[date, date] | None:
    """Return the first and the last day asked for; None is the newest of each academy."""
    if asked.date is not None:
        return asked.date, asked.date
    if isinstance(asked, DaysAsked) and asked.date_from is not None and asked.date_to is not None:
        return asked.date_from, asked.date_to
    return None


async def find_days(
    rows: Rows, asked: DayAsked, academies: Academies, *, until: date | None = None
) -> Days:
    """Return the days asked for that can be read, or each academy's newest.

    With `until`, the newest that is not after it.
    """
    params: dict[str, object] = {
        "academies": None if academies is None else list(academies),
        "back": asked.compared_days,
    }
    asked_for = bounds(asked)
    if asked_for is None:
        sql = NEWEST_SQL
        params["until"] = until
    else:
        sql = BETWEEN_SQL
        params["first"], params["last"] = asked_for
    sql += SUMMED_SQL if asked.is_summed else LISTED_SQL
    (row,) = await rows(Statement(sql=sql, params=params))
    return Days(**row)
