"""Works on a run, a chunk of days at a time, until it has ended or somebody else has it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import structlog

from app.kit.db import Connection
from app.kit.failures import is_transient
from app.kit.partitions import ensure_months
from app.kit.together import first_of
from app.runs import claims, store
from app.runs.base import Fetched
from app.runs.claims import Claim, Stopped, Superseded, Worker
from app.runs.day import run_day
from app.runs.failures import text_of
from app.runs.hooks import follow_all
from app.runs.job import Job, Workshop
from app.runs.models import Run
from app.runs.plan import chunk_days
from app.runs.registry import report_named
from app.runs.tries import TryFailed, fail_days

log = structlog.get_logger()


async def work(run_id: UUID, workshop: Workshop) -> Run:
    """Work on the run until no day is open or somebody else has it; return it as it then is.

    Raises `Superseded` when another worker has taken it over meanwhile, `TryFailed` when the
    database was lost for a moment.
    """
    while await work_on_a_chunk(run_id, workshop):
        pass
    async with workshop.sources.database.transaction() as session:
        return await store.named(session, run_id)


async def work_on_a_chunk(run_id: UUID, workshop: Workshop) -> bool:
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
        except Stopped:
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
                await claims.release(session, mine)


async def _check(mine: Claim, workshop: Workshop) -> None:
    """Raise `Superseded` if the claim is lost: who takes over ends this worker's connection."""
    async with workshop.sources.database.transaction() as session:
        await claims.check(session, mine)


async def _claim(run_id: UUID, workshop: Workshop, connection: Connection) -> Claim | None:
    worker = Worker(
        name=f"{socket.gethostname()}/{os.getpid()}",
        backend_pid=connection.backend_pid,
        stale_after=workshop.stale_after,
    )
    async with workshop.sources.database.transaction() as session:
        return await claims.claim(session, run_id, worker=worker, now=workshop.clock())


async def _job(mine: Claim, workshop: Workshop, connection: Connection) -> Job:
    async with connection.transaction() as session:
        run = await store.named(session, mine.run_id)
    report = report_named(run.report_type)(workshop.sources)
    return Job(run=run, mine=mine, report=report, connection=connection, workshop=workshop)


@asynccontextmanager
async def _alive(mine: Claim, workshop: Workshop) -> AsyncIterator[None]:
    """Give signs of life; when the claim is lost or the run stopped, end the work inside."""
    try:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(_beat(mine, workshop))
            yield
            beating.cancel()
    except BaseExceptionGroup as failed:
        raise first_of(failed.subgroup((Stopped, Superseded)) or failed) from None


async def _beat(mine: Claim, workshop: Workshop) -> None:
    while True:
        await asyncio.sleep(workshop.heartbeat.total_seconds())
        async with workshop.sources.database.transaction() as session:
            await claims.beat(session, mine)


async def _chunk(job: Job) -> bool:
    run = job.run
    is_one = run.day_from == run.day_to
    most = 1 if is_one else await chunk_days(job.report, run.day_to, run.academies)
    async with job.connection.transaction() as session:
        days = await claims.next_days(session, job.mine, most=most)
    if not days:
        await _follow(job)
        await _finish(job.mine, job.workshop)
        return False
    await _fetch_and_run(job, days)
    return True


async def _fetch_and_run(job: Job, days: Sequence[date]) -> None:
    labels = {"report": job.run.report_type, "run": str(job.run.id)}
    bound = log.bind(report=job.run.report_type, run=str(job.run.id), attempt=job.mine.attempt)
    left = list(days)
    try:
        await ensure_months(job.workshop.sources.database, job.report.table, days)
        async with job.report.fetch_data(days, job.run.academies, labels) as fetched:
            async with job.connection.transaction() as session:
                await claims.add_usage(session, job.mine, fetched.usage)
            bound.info("chunk.fetched", days=len(days), bytes=fetched.usage.bytes_processed)
            for day in days:
                if job.workshop.stopping():
                    return
                await _run_day(job, fetched, day)
                left.remove(day)
    except (Stopped, Superseded, TryFailed):
        raise
    except Exception as error:  # noqa: BLE001 - any failure of a source fails its days
        await fail_days(job, left, error, text_of(error, bound))


async def _run_day(job: Job, fetched: Fetched, day: date) -> None:
    bound = log.bind(report=job.run.report_type, run=str(job.run.id), day=day.isoformat())
    try:
        result = await run_day(job, fetched, day)
        bound.info("day.done", state=result.state, rows=result.rows, seconds=result.seconds)
    except (Stopped, Superseded):
        raise
    except Exception as error:  # noqa: BLE001 - one failed day does not stop the others
        await fail_days(job, [day], error, text_of(error, bound))
    else:
        await _follow(job)


async def _follow(job: Job) -> None:
    """Do what follows the publications; what fails of it stays owed, and another one makes up."""
    if not job.run.dry_run:
        await follow_all(job.workshop.hooks, job.workshop.sources, job.workshop.clock)


async def _finish(mine: Claim, workshop: Workshop, *, stopped: bool = False) -> None:
    async with workshop.sources.database.transaction() as session:
        status = await claims.finish(session, mine, workshop.clock(), stopped=stopped)
    log.info("run.done", run=str(mine.run_id), status=status)
