"""What a report is: it fetches, processes and saves days, and knows nothing of runs."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import polars as pl
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.copy import Encoded
from app.runs.execution.failures import Failures
from app.runs.ledger.quality_gate import GateDecision
from app.sources.sources import Sources
from app.sources.warehouse.contract import Query, Usage

Academies = Sequence[int] | None
"""The academies in scope; None is every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one scan brought for some days; the rest is the report's own."""

    days: Sequence[date]
    academies: Academies
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much happened on some days, and what it cost to find out.

    `active` maps each day to the academies with subscribers on it, and these to how many were
    active; `live` to how many there were.
    """

    active: Mapping[date, Mapping[int, int]]
    live: Mapping[date, Mapping[int, int]]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """A day's rows of every academy in scope.

    `rows` is sorted by its first columns, `report_date, academy_id, user_id`.
    `active_by_day` maps each academy to its counts of active subscribers on D, D-1, ...
    `erased` is how many people had been erased before any of it was read. `failed` are the
    academies that are in neither, because they could not be computed.
    """

    day: date
    rows: pl.DataFrame
    active_by_day: Mapping[int, Sequence[int]]
    erased: int
    failed: Failures = field(default_factory=dict)

    def rows_of(self, academy_id: int) -> pl.DataFrame:
        """Return one academy's part, in the same order."""
        return self.rows.filter(pl.col("academy_id") == academy_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An academy's day, ready to be written: encoded rows, their hash, and what is summed."""

    day: date
    academy_id: int
    rows: int
    encoded: Encoded
    content_sha256: bytes
    summary: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table for a terminal; `numbers` are the columns that are aligned to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()


class BaseReport(ABC):
    """A report type: the folder that holds it is all that the rest of the service knows."""

    report_type: ClassVar[str]
    title: ClassVar[str]
    table: ClassVar[str]
    scoring_version: ClassVar[int]
    export_sql: ClassVar[str]
    filters: ClassVar[Sequence[str]] = ()
    sort_keys: ClassVar[Sequence[str]] = ()

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    @abstractmethod
    def fetch_data(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AbstractAsyncContextManager[Fetched]:
        """Read what all of `days` need in one scan; the files are gone when it is left."""

    @abstractmethod
    async def query(self, days: Sequence[date], labels: Mapping[str, str]) -> Query:
        """Return the one question that is asked of the warehouse for `days`."""

    @abstractmethod
    async def count_active(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> Volume:
        """Count who was active on each of `days`, reading no activity of any other day.

        The counts are the first ones of `Processed.active_by_day`, which a run would find.
        """

    @abstractmethod
    async def process_data(self, fetched: Fetched, day: date) -> Processed:
        """Turn what was fetched into the rows of one of its days; name academies that fail.

        Who is live is read from Postgres by then; asked for a day again, it is read again.
        """

    @abstractmethod
    def prepare(self, processed: Processed, academy_id: int, run_id: UUID) -> Prepared:
        """Encode an academy's rows, outside any transaction."""

    @abstractmethod
    async def save_reports(
        self, session: AsyncSession, prepared: Prepared, *, rows_changed: bool
    ) -> int:
        """Replace the academy's day in the caller's transaction; return the rows written.

        There may be no rows: nobody is live there any more.
        """

    @abstractmethod
    async def remove_reports(self, session: AsyncSession, day: date, academy_id: int) -> None:
        """Remove the academy's day, because nobody was live there."""

    @abstractmethod
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

    @abstractmethod
    async def glance(
        self, session: AsyncSession, day: date, academies: Academies
    ) -> Sequence[TextTable]:
        """Return what a person wants to see first of a published day."""

    @abstractmethod
    async def live_count(self, day: date, academies: Academies) -> int:
        """Return about how many rows `day` has, for sizing the chunks."""

    async def generate(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AsyncIterator[Processed]:
        """Fetch and process `days`, oldest first, saving nothing."""
        async with self.fetch_data(days, academies, labels) as fetched:
            for day in sorted(days):
                yield await self.process_data(fetched, day)
