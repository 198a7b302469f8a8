"""Executes a run, a chunk of days at a time, until it has ended or another worker has it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import structlog

from app.kit.concurrency.task_groups import first_of
from app.kit.db.engine import Connection
from app.kit.db.partitions import ensure_months
from app.kit.failures import is_transient
from app.runs import store
from app.runs.contract import Fetched
from app.runs.execution import lease
from app.runs.execution.context import RunContext, WorkerContext
from app.runs.execution.day_runner import TryFailed, fail_days, run_day
from app.runs.execution.failures import text_of
from app.runs.execution.lease import (
    Lease,
    RunStopped,
    Superseded,
    Worker,
)
from app.runs.execution.planner import chunk_days
from app.runs.hooks import follow_all
from app.runs.models import Run
from app.runs.registry import report_named

log = structlog.get_logger()


async def work(run_id: UUID, workshop: WorkerContext) -> Run:
    """Work on the run until no day is open or somebody else has it; return it as it then is.

    Raises `Superseded` when another worker has taken it over meanwhile, `TryFailed` when the
    database was lost for a moment.
    """
    while await work_on_a_chunk(run_id, workshop):
        pass
    async with workshop.sources.database.transaction() as session:
        return await store.named(session, run_id)


async def work_on_a_chunk(run_id: UUID, workshop: WorkerContext) -> bool:
    """Claim the run, if it is free, and bring its next days to their end.

    Returns whether there may be more to do: not when the run has ended or somebody else has it.
    Raises `Superseded` when another worker has taken it over meanwhile, `TryFailed` when the
    database was lost for a moment.
    """
    async with workshop.sources.database.connection() as connection:
        mine = await _claim(run_id, workshop, connection)
        if mine is None:
            return False
        try:
            async with _alive(mine, workshop):
                return await _chunk(await _job(mine, workshop, connection))
        except RunStopped:
            await _finish(mine, workshop, stopped=True)
            return False
        except (Superseded, TryFailed):
            raise
        except Exception as error:
            if not is_transient(error):
                raise
            await _check(mine, workshop)
            raise TryFailed(f"The run {mine.run_id} is to be tried again: {error}") from error
        finally:
            async with workshop.sources.database.transaction() as session:
                await lease.release_lease(session, mine)


async def _check(mine: Lease, workshop: WorkerContext) -> None:
    """Raise `Superseded` if the claim is lost: who takes over ends this worker's connection."""
    async with workshop.sources.database.transaction() as session:
        await lease.check_lease(session, mine)


async def _claim(run_id: UUID, workshop: WorkerContext, connection: Connection) -> Lease | None:
    worker = Worker(
        name=f"{socket.gethostname()}/{os.getpid()}",
        backend_pid=connection.backend_pid,
        stale_after=workshop.stale_after,
    )
    async with workshop.sources.database.transaction() as session:
        return await lease.claim(session, run_id, worker=worker, now=workshop.clock())


async def _job(mine: Lease, workshop: WorkerContext, connection: Connection) -> RunContext:
    async with connection.transaction() as session:
        run = await store.named(session, mine.run_id)
    report = report_named(run.report_type)(workshop.sources)
    return RunContext(run=run, mine=mine, report=report, connection=connection, workshop=workshop)


@asynccontextmanager
async def _alive(mine: Lease, workshop: WorkerContext) -> AsyncIterator[None]:
    """Send heartbeats; when the lease is lost or the run is stopped, cancel the work inside."""
    try:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(_beat(mine, workshop))
            yield
            beating.cancel()
    except BaseExceptionGroup as failed:
        raise first_of(failed.subgroup((RunStopped, Superseded)) or failed) from None


async def _beat(mine: Lease, workshop: WorkerContext) -> None:
    while True:
        await asyncio.sleep(workshop.heartbeat.total_seconds())
        async with workshop.sources.database.transaction() as session:
            await lease.beat(session, mine)


async def _chunk(job: RunContext) -> bool:
    run = job.run
    is_one = run.day_from == run.day_to
    most = 1 if is_one else await chunk_days(job.report, run.day_to, run.academies)
    async with job.connection.transaction() as session:
        days = await lease.next_days(session, job.mine, most=most)
    if not days:
        await _follow(job)
        await _finish(job.mine, job.workshop)
        return False
    await _fetch_and_run(job, days)
    return True


async def _fetch_and_run(job: RunContext, days: Sequence[date]) -> None:
    labels = {"report": job.run.report_type, "run": str(job.run.id)}
    bound = log.bind(report=job.run.report_type, run=str(job.run.id), attempt=job.mine.attempt)
    left = list(days)
    try:
        for table in job.report.monthly_tables():
            await ensure_months(job.workshop.sources.database, table, days)
        async with job.report.fetch_data(days, job.run.academies, labels) as fetched:
            async with job.connection.transaction() as session:
                await lease.add_usage(session, job.mine, fetched.usage)
            bound.info("chunk.fetched", days=len(days), bytes=fetched.usage.bytes_processed)
            for day in days:
                if job.workshop.stopping():
                    return
                await _run_day(job, fetched, day)
                left.remove(day)
    except (RunStopped, Superseded, TryFailed):
        raise
    except Exception as error:  # noqa: BLE001 - any failure of a source fails its days
        await fail_days(job, left, error, text_of(error, bound))


async def _run_day(job: RunContext, fetched: Fetched, day: date) -> None:
    bound = log.bind(report=job.run.report_type, run=str(job.run.id), day=day.isoformat())
    try:
        result = await run_day(job, fetched, day)
        bound.info("day.done", state=result.state, rows=result.rows, seconds=result.seconds)
    except (RunStopped, Superseded):
        raise
    except Exception as error:  # noqa: BLE001 - one failed day does not stop the others
        await fail_days(job, [day], error, text_of(error, bound))
    else:
        await _follow(job)


async def _follow(job: RunContext) -> None:
    """Run the publication hooks; what fails stays owed and is done again later."""
    if not job.run.dry_run:
        await follow_all(job.workshop.hooks, job.workshop.sources, job.workshop.clock)


async def _finish(mine: Lease, workshop: WorkerContext, *, stopped: bool = False) -> None:
    async with workshop.sources.database.transaction() as session:
        status = await lease.finish(session, mine, workshop.clock(), stopped=stopped)
    log.info("run.done", run=str(mine.run_id), status=status)
