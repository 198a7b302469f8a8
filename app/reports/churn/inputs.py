"""Reads what Postgres knows of a day before it is asked for, while others are at work."""

from asyncio import Task, create_task, gather, to_thread
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from app.kit.days import end_of
from app.runs.contract import Academies
from app.runs.execution.failures import Failures, computed
from app.sources.directory import erasure
from app.sources.sources import Sources
from app.sources.subscriptions.live_subscribers import subscribers_on
from app.sources.subscriptions.store import versions_as_of
from app.sources.telemetry.store import means_for


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
        """Begin to read `day`, unless that was done."""
        if day not in self._begun:
            self._begun[day] = create_task(self._read(day))
        return self._begun[day]

    async def stop(self) -> None:
        """Let go of what nobody asked for."""
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
