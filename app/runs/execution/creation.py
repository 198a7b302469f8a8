"""Creates runs, and executes one in this process until it has ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import Fault, NotFound
from app.kit.values import MAX_ID
from app.runs import store
from app.runs.execution import queue
from app.runs.execution.context import WorkerContext
from app.runs.execution.day_runner import TryFailed
from app.runs.execution.lease import Superseded
from app.runs.execution.request import RunRequest
from app.runs.execution.runner import work
from app.runs.ledger import ledger
from app.runs.models import EVERY_ACADEMY, Run, RunDay, RunDayState
from app.runs.registry import report_named
from app.runs.store import ACTIVE, Asker
from app.sources.sources import Sources

WATCH_SECONDS = 1.0
UNKNOWN_SQL = text(
    """
    SELECT id FROM unnest(CAST(:academies AS bigint[])) AS id
    WHERE NOT EXISTS (SELECT FROM academies WHERE academies.id = id.id)
      AND NOT EXISTS (SELECT FROM subscription_history AS h WHERE h.academy_id = id.id)
    ORDER BY id
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run that has ended, and what became of its days and their academies."""

    run: Run
    days: Sequence[RunDay]

    @property
    def newest(self) -> date | None:
        """The newest day that was published or found unchanged."""
        through = (RunDayState.PUBLISHED, RunDayState.UNCHANGED)
        return max((day.report_date for day in self.days if day.state in through), default=None)

    @property
    def held(self) -> Sequence[RunDay]:
        """The academies' days that the quality gate held."""
        return [day for day in self.days if day.academy_id != EVERY_ACADEMY and day.is_held]


async def request_run(
    request: RunRequest, asker: Asker, workshop: WorkerContext
) -> tuple[Run, bool]:
    """Create a run that this process will execute itself; returns what `create_run` returns.

    Other workers are woken for it only after so long that this one would be taken for dead.
    Raises `NotFound` for a report or an academy that there is not.
    """
    report_named(request.report_type)
    await check_academies(workshop.sources, request.academies)
    async with workshop.sources.database.transaction() as session:
        return await create_run(
            session, request, asker, now=workshop.clock(), after=workshop.stale_after
        )


async def create_run(
    session: AsyncSession,
    request: RunRequest,
    asker: Asker,
    *,
    now: datetime,
    after: timedelta = queue.NOW,
) -> tuple[Run, bool]:
    """Create a run and queue it; an identical active run is returned instead.

    The second value says whether the run is new. The worker is woken when `after` has passed.
    """
    days = await ledger.days_to_run(session, request)
    run, is_new = await store.insert_run(session, request, days, asker, run=uuid4(), now=now)
    if is_new and days:
        await queue.enqueue(session, run.id, after=after)
    return run, is_new


async def see_through(run_id: UUID, workshop: WorkerContext) -> Outcome:
    """Execute the run until it has ended, or wait while another worker executes it."""
    run = await _work_or_look(run_id, workshop)
    while run.status in ACTIVE:
        await asyncio.sleep(WATCH_SECONDS)
        run = await _work_or_look(run_id, workshop)
    async with workshop.sources.database.transaction() as session:
        return Outcome(run=run, days=await store.days_of(session, run_id))


async def _work_or_look(run_id: UUID, workshop: WorkerContext) -> Run:
    try:
        return await work(run_id, workshop)
    except (Superseded, TryFailed):
        async with workshop.sources.database.transaction() as session:
            return await store.named(session, run_id)


async def check_academies(sources: Sources, academies: Sequence[int] | None) -> None:
    """Raise `NotFound` for the first academy that has neither a name nor a subscription."""
    if academies is None:
        return
    first = next((each for each in academies if not 0 < each <= MAX_ID), None)
    if first is None:
        async with sources.database.transaction() as session:
            connection = await session.connection()
            asked = {"academies": list(academies)}
            first = (await connection.execute(UNKNOWN_SQL, asked)).scalars().first()
    if first is not None:
        message = f"Nothing is known of an academy {first}: neither its name nor a subscription."
        place = academies.index(first)
        fault = Fault(pointer=f"/academy/{place}", message=message)
        raise NotFound(message, code="unknown_academy", faults=[fault])
