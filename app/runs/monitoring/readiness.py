"""Whether the service can work: its database and its warehouse, looked at in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock
from app.kit.days import ONE_DAY, day_of
from app.kit.errors import AppError, Fault
from app.runs.api import queries
from app.runs.hooks import Hooks, overdue, said_of
from app.runs.monitoring import health
from app.runs.monitoring.probe import PROBE_PATIENCE_SECONDS, Probe, ProbeFinding
from app.runs.registry import reports
from app.sources.database import migrations
from app.sources.sources import Sources

DATABASE_PERIOD = 5.0
WAREHOUSE_PERIOD = 60.0
OUTDATED = Fault(pointer="/database", message="run `headsup migrate`")
SILENT = Fault(pointer="/database", message="it does not answer")


class Readiness:
    """What is known of the service's database and warehouse, shared by all who ask."""

    def __init__(self, sources: Sources, clock: Clock, hooks: Hooks) -> None:
        self._sources = sources
        self._clock = clock
        self._hooks = hooks
        self._probes = (
            Probe("/database", self._look_at_database, period=DATABASE_PERIOD),
            Probe("/warehouse", self._look_at_warehouse, period=WAREHOUSE_PERIOD),
        )

    async def known(self) -> ProbeFinding:
        """Return what is wrong and what is odd, as old as the oldest part of it."""
        found = await asyncio.gather(*(probe.finding() for probe in self._probes))
        return ProbeFinding(
            faults=[fault for each in found for fault in each.faults],
            warnings=[warning for each in found for warning in each.warnings],
            age_seconds=max(each.age_seconds for each in found),
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again, for as long as the context lasts."""
        running = [asyncio.create_task(probe.run()) for probe in self._probes]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _look_at_database(self) -> ProbeFinding:
        try:
            async with (
                asyncio.timeout(PROBE_PATIENCE_SECONDS),
                self._sources.database.transaction() as session,
            ):
                if not await migrations.is_current_at(await session.connection()):
                    return ProbeFinding(faults=[OUTDATED])
                return ProbeFinding(warnings=await self._warnings(session))
        except (OSError, SQLAlchemyError):
            return ProbeFinding(faults=[SILENT])

    async def _look_at_warehouse(self) -> ProbeFinding:
        """Ask for the table's columns: they cost nothing, where its days may be a paid query."""
        try:
            await self._sources.warehouse.columns()
        except AppError as error:
            return ProbeFinding(faults=[Fault(pointer="/warehouse", message=error.message)])
        return ProbeFinding()

    async def _warnings(self, session: AsyncSession) -> list[str]:
        yesterday = day_of(self._clock(), self._sources.zone) - ONE_DAY
        warnings = []
        for report_type in reports():
            newest = await health.newest_published(session, report_type)
            if newest is None:
                warnings.append(f"{report_type}: nothing is published")
            elif newest < yesterday:
                warnings.append(
                    f"{report_type}: {yesterday} is missing, {newest} is the newest day"
                )
            for day, state in await queries.pending(session, report_type, yesterday):
                warnings.append(f"{report_type}: {day} is {state.lower()}")
        for hook, debt in await overdue(session, self._hooks, self._clock()):
            warnings.append(f"{debt.report_type}: {said_of(hook, debt)}")
        return warnings
