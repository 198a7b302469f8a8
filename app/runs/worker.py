"""A worker: takes what the queue has, a chunk of days at a time, until it is told to stop."""

import asyncio
from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.models import Job
from sqlalchemy.exc import SQLAlchemyError

from app.kit.clock import Clock, utc_now
from app.kit.errors import AppError, NotFound
from app.runs import queue, store
from app.runs.claims import Superseded
from app.runs.job import Workshop
from app.runs.queue import Queue, listening, run_of
from app.runs.runner import work_on_a_chunk
from app.runs.store import ACTIVE
from app.settings import Settings
from app.sources.sources import Sources

GRACE_SECONDS = 20.0
"""Told to stop, a worker has so long to end the day in hand before it is given back undone."""
RECONNECT_SECONDS = 1.0
MOST_WAITED = timedelta(minutes=10)
MOST_DOUBLED = 16
DISCONNECTED = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger()


class _Left(Enum):
    """What is left of a run after a chunk of it."""

    NOTHING = auto()
    MORE = auto()
    SOMEBODY_ELSES = auto()
    FAILED = auto()


_LEFT_BY = {Superseded: _Left.SOMEBODY_ELSES, NotFound: _Left.NOTHING}


async def run_worker(
    sources: Sources, settings: Settings, stop: asyncio.Event, *, clock: Clock = utc_now
) -> None:
    """Work on what the queue has until `stop` is set; then end, or give back, the day in hand.

    A database that does not answer is tried again every second.
    """
    workshop = Workshop.of(settings, sources, clock=clock, stopping=stop.is_set)
    while not stop.is_set():
        try:
            async with listening(sources.database, workshop.stale_after) as found:
                log.info("worker.started", queue=str(found.name))
                await _serve(found, workshop, stop)
        except DISCONNECTED as error:
            log.warning("worker.disconnected", error=type(error).__name__)
            await _wait(stop, stop, RECONNECT_SECONDS)
    log.info("worker.stopped")


async def _serve(found: Queue, workshop: Workshop, stop: asyncio.Event) -> None:
    while not stop.is_set():
        job = await found.take()
        if job is not None:
            await _see_to(job, found, workshop, stop)
            continue
        async with workshop.sources.database.transaction() as session:
            lost = await queue.wake_lost(session)
        if not lost:
            await _wait(stop, found.changed, workshop.heartbeat.total_seconds())


async def _see_to(job: Job, found: Queue, workshop: Workshop, stop: asyncio.Event) -> None:
    async with found.held(job):
        left = await _attempt(run_of(job), workshop, stop)
    match left:
        case _Left.NOTHING:
            await found.drop(job)
        case _Left.MORE:
            await found.put_last(job)
        case _Left.SOMEBODY_ELSES:
            await found.put_back(job, workshop.heartbeat)
        case _Left.FAILED:
            doubled = workshop.heartbeat * 2 ** min(job.attempts, MOST_DOUBLED)
            await found.put_back(job, min(doubled, MOST_WAITED))


async def _attempt(run_id: UUID, workshop: Workshop, stop: asyncio.Event) -> _Left:
    try:
        if await _chunk(run_id, workshop, stop):
            return _Left.MORE
        async with workshop.sources.database.transaction() as session:
            run = await store.named(session, run_id)
    except AppError as error:
        log.warning("chunk.failed", run=str(run_id), code=error.code, error=error.message)
        return _LEFT_BY.get(type(error), _Left.FAILED)
    except Exception:
        log.exception("chunk.failed", run=str(run_id))
        return _Left.FAILED
    return _Left.SOMEBODY_ELSES if run.status in ACTIVE else _Left.NOTHING


async def _chunk(run_id: UUID, workshop: Workshop, stop: asyncio.Event) -> bool:
    """Work on a chunk; once told to stop, for a while, and then give it back as it is."""
    chunk = asyncio.create_task(work_on_a_chunk(run_id, workshop))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({chunk, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({chunk}, timeout=GRACE_SECONDS)
        if chunk.done():
            return chunk.result()
        log.warning("chunk.given_back", run=str(run_id))
        return True
    finally:
        stopping.cancel()
        chunk.cancel()
        await asyncio.wait({chunk})


async def _wait(stop: asyncio.Event, event: asyncio.Event, seconds: float) -> None:
    """Wait for one of the events, but not for longer than some seconds."""
    waiting = {asyncio.create_task(each.wait()) for each in (stop, event)}
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
