"""The published days that an answer is made of, and the revisions that identify it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.kit.days import EPOCH
from app.kit.db.json_sql import object_of
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.sql import load_sql
from app.published.requests import DayQuery
from app.published.responses import PublishedDay
from app.runs.contract import Academies

NEWEST_SQL = load_sql(__package__, "days_newest")
BETWEEN_SQL = load_sql(__package__, "days_between")
COMPARED_SQL = load_sql(__package__, "days_compared")
ALONE_SQL = load_sql(__package__, "days_alone")
DAYS_SQL = load_sql(__package__, "days")
SHOWN_SQL = object_of(PublishedDay, "sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSpec:
    """The report whose days are read, and what else an answer made of them depends on.

    With `compared_days` each day is compared with the publication so many days before it, and
    with that of the day before. `versions_sql` selects one more value that changes with the
    answer; it may use the parameter `:academies`.
    """

    report_type: str
    compared_days: int | None = None
    versions_sql: str = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All days of an answer, the newest first, as the database put them together.

    There may be many (a year of every academy), so nothing is done with each of them in Python.
    """

    academies: Sequence[int]
    dates: Sequence[date]
    revisions: Sequence[int]
    earlier_revisions: Sequence[int | None]
    shown: str
    """The days as `PublishedDay`: JSON objects with commas between them."""
    digest: str
    """Changes whenever a day is published anew."""
    versions: str
    """Changes whenever the answer does, except by a change of names."""
    scoring_changed_on: date | None
    """The newest day whose version of the scoring differs from the day it is compared with."""
    directory_version: str | None
    """Changes with every name in the directory."""

    @property
    def first(self) -> date:
        """The oldest day."""
        return self.dates[-1] if self.dates else EPOCH

    @property
    def last(self) -> date:
        """The newest day."""
        return self.dates[0] if self.dates else EPOCH

    @property
    def params(self) -> dict[str, object]:
        """The days as parameters of a statement, one array a column."""
        return {"academies": self.academies, "dates": self.dates}

    @property
    def bounds_sql(self) -> dict[str, str]:
        """The first and the last day as SQL, so that the planner leaves other months out."""
        return {"first": day_sql(self.first), "last": day_sql(self.last)}


def day_sql(day: date) -> str:
    """Write a day as a literal."""
    return f"DATE '{day.isoformat()}'"


async def find_snapshot(
    rows: Rows,
    spec: SnapshotSpec,
    query: DayQuery,
    academies: Academies,
    *,
    until: date | None = None,
) -> Snapshot:
    """Return the days of `query` that can be read, or each academy's newest.

    With `until`, the newest that is not after it.
    """
    params: dict[str, object] = {
        "report_type": spec.report_type,
        "academies": None if academies is None else list(academies),
    }
    if query.bounds is None:
        sql = NEWEST_SQL
        params["until"] = until
    else:
        sql = BETWEEN_SQL
        params["first"], params["last"] = query.bounds
    if spec.compared_days is None:
        sql += ALONE_SQL
    else:
        sql += COMPARED_SQL
        params["back"] = spec.compared_days
    sql += DAYS_SQL.format(item=SHOWN_SQL, versions=spec.versions_sql)
    (row,) = await rows(Statement(sql=sql, params=params))
    return Snapshot(**row)
