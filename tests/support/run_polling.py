"""Runs that other processes work on: made, polled until a state, and read."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, func, select

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.runs import store
from app.runs.execution.creation import create_run
from app.runs.execution.request import RunRequest
from app.runs.models import EVERY_ACADEMY, Origin, ReportDay, Run, RunDay, RunDayState
from app.runs.store import ACTIVE, Asker

ASKER = Asker(origin=Origin.REQUEST, name="tester")
WAITED_SECONDS = 90


async def queue_run(database: Database, first: date, last: date, **changes: object) -> Run:
    """Store a run and queue it for the workers."""
    request = RunRequest(report_type="churn", day_from=first, day_to=last, **changes)  # type: ignore[arg-type]
    async with database.transaction() as session:
        run, _ = await create_run(session, request, ASKER, now=utc_now())
    return run


async def find_run(database: Database, run_id: UUID) -> Run:
    """Return the run as it is now."""
    async with database.transaction() as session:
        return await store.named(session, run_id)


async def only_run(database: Database) -> Run:
    """Wait until there is a run; fail if there is more than one."""
    async with asyncio.timeout(WAITED_SECONDS):
        while True:
            async with database.transaction() as session:
                runs = (await session.exec(select(Run))).all()
            if runs:
                (run,) = runs
                return run
            await asyncio.sleep(0.02)


async def wait_until_ended(database: Database, run_id: UUID) -> Run:
    """Wait until the run has ended."""
    async with asyncio.timeout(WAITED_SECONDS):
        while (run := await find_run(database, run_id)).status in ACTIVE:  # noqa: ASYNC110 - of others
            await asyncio.sleep(0.02)
        return run


async def wait_for_days(database: Database, run_id: UUID, days: int) -> int:
    """Wait for `days` published days or the run's end; return the worker's pid."""
    async with asyncio.timeout(WAITED_SECONDS):
        while True:
            run = await find_run(database, run_id)
            done = len(await published_days(database, run_id))
            if run.status not in ACTIVE or (done >= days and run.worker is not None):
                return int((run.worker or "/0").split("/")[1])
            await asyncio.sleep(0.005)


async def published_days(database: Database, run_id: UUID) -> Sequence[date]:
    """List the days that the run has published."""
    days = await day_states(database, run_id)
    return [day for day, state in days.items() if state is RunDayState.PUBLISHED]


async def day_states(database: Database, run_id: UUID) -> dict[date, RunDayState]:
    """Map the run's days to their states."""
    async with database.transaction() as session:
        days = await store.days_of(session, run_id)
    return {day.report_date: day.state for day in days if day.academy_id == EVERY_ACADEMY}


async def publications(database: Database) -> Counter[RunDayState]:
    """Count the states of all academies' days in all runs."""
    counted = select(col(RunDay.state), func.count()).where(col(RunDay.academy_id) != 0)
    async with database.transaction() as session:
        return Counter(dict((await session.exec(counted.group_by(col(RunDay.state)))).all()))


async def revisions(database: Database) -> dict[tuple[date, int], int | None]:
    """Map each academy's day to the number of its publication."""
    async with database.transaction() as session:
        rows = (await session.exec(select(ReportDay))).all()
    return {(row.report_date, row.academy_id): row.revision for row in rows if row.academy_id != 0}
