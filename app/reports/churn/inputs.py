"""What the report reads of Postgres and of the warehouse, besides the features of its window."""

from asyncio import Task, create_task, gather, to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa

from app.kit.days import end_of, number_of, stretches
from app.kit.sql import load_sql
from app.reports.churn.daily_summary import active_by_day
from app.runs.contract import Academies, Volume
from app.runs.execution.failures import Failures, computed
from app.sources.directory import erasure
from app.sources.sources import Sources
from app.sources.subscriptions.live_subscribers import subscribers_on
from app.sources.subscriptions.store import versions_as_of
from app.sources.telemetry.store import means_for
from app.sources.warehouse.activity import scan_params, with_activity
from app.sources.warehouse.contract import Query, Usage
from app.sources.warehouse.spool import spool_days

VOLUME_SQL = load_sql(__package__, "volume")
USER_SCHEMA = pa.schema([("user_id", pa.int64())])
TODAY = 0b1
"""`active_days` of somebody of whom nothing is known but that he was active on the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What Postgres knows of a day: `subscribers` and `telemetry` as `score` takes them.

    `erased` is how many people had been erased before. `failed` are the academies whose
    subscriptions could not be computed.
    """

    subscribers: pl.DataFrame
    telemetry: pl.DataFrame
    erased: int
    failed: Failures


class Ahead:
    """Reads a day while the one before it is saved: never more than one is read too early."""

    def __init__(self, sources: Sources, days: Sequence[date], academies: Academies) -> None:
        self._sources = sources
        self._days = sorted(days)
        self._academies = academies
        self._begun: dict[date, Task[Known]] = {}

    async def of(self, day: date) -> Known:
        """Return what is known of `day`, and begin to read the day after it; raise `SourceDown`."""
        try:
            known = await self.begin(day)
        finally:
            del self._begun[day]
        later = [other for other in self._days if other > day]
        if later:
            self.begin(later[0])
        return known

    def begin(self, day: date) -> Task[Known]:
        """Begin to read `day`, unless it is being read."""
        if day not in self._begun:
            self._begun[day] = create_task(self._read(day))
        return self._begun[day]

    async def stop(self) -> None:
        """Cancel the reads that nobody has awaited."""
        for task in self._begun.values():
            task.cancel()
        await gather(*self._begun.values(), return_exceptions=True)

    async def _read(self, day: date) -> Known:
        database, zone = self._sources.database, self._sources.zone
        async with database.transaction() as session:
            erased = await erasure.count_erased(session)
        versions, telemetry = await gather(
            versions_as_of(database, end_of(day, zone), self._academies),
            means_for(database, day, zone),
        )
        live = partial(subscribers_on, day=day, zone=zone)
        subscribers, failed = await to_thread(computed, versions, live)
        return Known(subscribers=subscribers, telemetry=telemetry, erased=erased, failed=failed)


async def subscribers_as_of(sources: Sources, day: date, academies: Academies) -> pl.DataFrame:
    """Return who was live on `day`, as `subscribers_on` does; raise `SourceDown`."""
    versions = await versions_as_of(sources.database, end_of(day, sources.zone), academies)
    return await to_thread(subscribers_on, versions, day, sources.zone)


@asynccontextmanager
async def reading_ahead(
    sources: Sources, days: Sequence[date], academies: Academies
) -> AsyncIterator[Ahead]:
    """Begin to read the first of `days`, and go on as they are asked for."""
    ahead = Ahead(sources, days, academies)
    ahead.begin(min(days))
    try:
        yield ahead
    finally:
        await ahead.stop()


async def count_active(
    sources: Sources, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
) -> Volume:
    """Count each academy's active subscribers on `days`, one question for days in a row.

    Between days that lie apart are partitions that nobody needs.
    """
    warehouse = sources.warehouse
    sql = with_activity(await warehouse.columns(), warehouse.table, VOLUME_SQL)
    active: dict[date, Mapping[int, int]] = {}
    live: dict[date, Mapping[int, int]] = {}
    usages: list[Usage] = []
    for stretch in stretches(days):
        params = scan_params(stretch, sources.zone, window_days=1)
        query = Query(sql=sql, params=params, labels=labels)
        async with spool_days(
            warehouse, query, stretch, USER_SCHEMA, sources.spool / "scans"
        ) as spooled:
            folder, usage = spooled
            usages.append(usage)
            for day in stretch:
                file = folder / f"{number_of(day)}.arrow"
                active[day], live[day] = await _counted(sources, day, academies, file)
    return Volume(active=active, live=live, usage=Usage.of(usages))


async def _counted(
    sources: Sources, day: date, academies: Academies, file: Path
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Return how many were active in each academy, and how many subscribe."""
    subscribers = await subscribers_as_of(sources, day, academies)

    def counted() -> tuple[Mapping[int, int], Mapping[int, int]]:
        users = pl.read_ipc(file)
        counts = active_by_day(subscribers, users.with_columns(active_days=pl.lit(TODAY)))
        of_the_day = pl.col("active_by_day").list.first()
        live = subscribers.group_by("academy_id").len()
        return dict(counts.select("academy_id", of_the_day).iter_rows()), dict(live.iter_rows())

    return await to_thread(counted)
