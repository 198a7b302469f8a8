"""What a report is: it fetches, processes and saves days, and knows nothing of runs."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

import polars as pl
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.runs.execution.failures import Failures
from app.runs.ledger.quality_gate import GateDecision, VolumePolicy
from app.runs.ledger.tables import (
    ACADEMY_COLUMN,
    DAY_COLUMN,
    PreparedDay,
    ReportTable,
    replace_day,
)
from app.sources.sources import Sources
from app.sources.warehouse.contract import Query, Usage

Academies = Sequence[int] | None
"""The academies in scope; None is every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was read for some days at once, and what the warehouse took for it.

    A report adds fields of its own.
    """

    days: Sequence[date]
    academies: Academies
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many subscribers were active on some days, and what it cost to count them.

    `active` and `live` map each day to the academies with subscribers on it, and these to how many
    were active and how many there were.
    """

    active: Mapping[date, Mapping[int, int]]
    live: Mapping[date, Mapping[int, int]]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """The rows of one day, of every academy in scope.

    `tables` maps the name of each table whose rows are not derived to its frame, which has a column
    `academy_id`; the report's first table comes first, sorted by its key. A report with a gate
    fills `active_by_day`, which maps each academy with subscribers to the numbers of them who were
    active on the day, the day before, and so on. `erased` is how many people had been erased before
    anything was read of them; None if nothing was. `failed` are the academies that could not be
    computed; they are in neither of the others.
    """

    day: date
    tables: Mapping[str, pl.DataFrame]
    active_by_day: Mapping[int, Sequence[int]] = field(default_factory=dict)
    erased: int | None = None
    failed: Failures = field(default_factory=dict)

    @property
    def rows(self) -> pl.DataFrame:
        """The rows of the report's first table."""
        return next(iter(self.tables.values()))

    def rows_of(self, academy_id: int) -> pl.DataFrame:
        """Return one academy's part of `rows`, in the same order."""
        return self.rows.filter(pl.col(ACADEMY_COLUMN) == academy_id)

    def sizes(self) -> Mapping[int, int]:
        """Map each academy to its number of rows, which may be 0 for one with subscribers."""
        counted = dict(self.rows.group_by(ACADEMY_COLUMN).len().iter_rows())
        return dict.fromkeys(self.active_by_day, 0) | counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table for a terminal; `numbers` are the columns that are aligned to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()


class BaseReport(ABC):
    """A report type: the folder that holds it is all that the rest of the service knows.

    Runs rest on these members:

    - `tables`: where the rows are stored, the main table first.
    - `version`: a number that changes with the way in which rows are computed.
    - `window_days`: on how many days before it a day rests. When one of them is published anew, the
      day is due again.
    - `gate`: when a day is held because its data may be missing; None publishes every day.
    - `export_sql`: selects what is exported for $1 (first day), $2 (last day) and $3 (an academy,
      or NULL); None exports every column of the main table.
    """

    report_type: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[Sequence[ReportTable]]
    window_days: ClassVar[int] = 0
    gate: ClassVar[VolumePolicy | None] = None
    export_sql: ClassVar[str | None] = None
    filters: ClassVar[Sequence[str]] = ()
    sort_keys: ClassVar[Sequence[str]] = ()

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    @classmethod
    def monthly_tables(cls) -> Sequence[str]:
        """Name the tables that need a partition for each month."""
        return [table.name for table in cls.tables if table.is_monthly]

    @abstractmethod
    def fetch_data(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AbstractAsyncContextManager[Fetched]:
        """Read what all of `days` need at once; temporary files are gone when it is left.

        `labels` go with the queries to the warehouse. Raises `SourceDown`.
        """

    @abstractmethod
    async def process_data(self, fetched: Fetched, day: date) -> Processed:
        """Compute the rows of one of the days fetched; name the academies that fail.

        When it is called again for a day, it reads the database again.
        """

    async def save_reports(self, session: AsyncSession, prepared: PreparedDay) -> None:
        """Replace an academy's day in the tables, in the caller's transaction.

        It may have no rows: the academy has no subscriber any more.
        """
        await replace_day(session, prepared)

    async def query(self, days: Sequence[date], labels: Mapping[str, str]) -> Query | None:
        """Return the query that `fetch_data` sends to the warehouse for `days`, if there is one."""
        del days, labels
        return None

    async def count_active(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> Volume | None:
        """Count who was active on each of `days`, reading no activity of any other day.

        The counts are the first ones of `Processed.active_by_day`. None if they cannot be had for
        less than a whole run, which held days are then given.
        """
        del days, academies, labels
        return None

    async def live_count(self, day: date, academies: Academies) -> int:
        """Return about how many rows `day` has: the more, the fewer days are fetched at once."""
        del day, academies
        return 0

    async def preview(
        self,
        session: AsyncSession,
        processed: Processed,
        academy_id: int,
        *,
        judgement: GateDecision,
        now: datetime,
    ) -> dict[str, object]:
        """Say what publishing the academy's day would change, for a dry run."""
        del judgement, now
        columns = self.tables[0].table.columns
        of_day = (
            columns[DAY_COLUMN] == processed.day,
            columns[ACADEMY_COLUMN] == academy_id,
        )
        stored = await session.exec(select(func.count()).where(*of_day))
        return {"rows": processed.rows_of(academy_id).height, "stored_rows": stored.one()}

    async def console_tables(
        self, session: AsyncSession, day: date, academies: Academies
    ) -> Sequence[TextTable]:
        """Return what a person at a terminal wants to see first of a published day."""
        del session, day, academies
        return ()

    async def generate(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AsyncIterator[Processed]:
        """Fetch and process `days`, oldest first, saving nothing."""
        async with self.fetch_data(days, academies, labels) as fetched:
            for day in sorted(days):
                yield await self.process_data(fetched, day)
