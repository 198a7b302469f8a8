"""A worker: takes jobs from the queue, a chunk of days each, until it is told to stop."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from enum import Enum, auto
from time import monotonic

import structlog
from pgqueuer.models import Job

from app.kit.clock import Clock, utc_now
from app.kit.errors import AppError, NotFound
from app.kit.failures import is_connection_lost, unavailable_of
from app.runs import store
from app.runs.execution import queue
from app.runs.execution.context import WorkerContext
from app.runs.execution.failures import UNEXPECTED
from app.runs.execution.lease import Superseded
from app.runs.execution.queue import Queue, listening, run_of
from app.runs.execution.runner import work_on_a_chunk
from app.runs.hooks import Hooks, follow_all
from app.runs.store import ACTIVE
from app.settings import Settings
from app.sources.sources import Sources

FIRST_SECONDS = 1.0
MOST_OUTAGE_SECONDS = 30.0
LOST = "ConnectionLost"
"""The one reason for all errors of a server that stops or starts."""
STOP_GRACE_SECONDS = 20.0
"""How long a worker that is told to stop may take to finish its day before giving it back."""
MOST_RUN_TRIES = 8
"""After so many failed tries in a row a run has failed: forty minutes, by default."""
MOST_WAITED = timedelta(minutes=10)
MOST_DOUBLED = 16

log = structlog.get_logger()


class QueueOutage:
    """A time in which the queue cannot be read; it is on from the first failure to the end."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._seconds = FIRST_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether the queue could not be read the last time."""
        return self._reason is not None

    def go_on(self, error: Exception) -> float:
        """Log the error if the one before was another; return the seconds to wait."""
        is_lost = is_connection_lost(error)
        reason = LOST if is_lost else type(error).__name__
        if reason != self._reason and is_lost:
            log.warning("worker.disconnected", error=type(error).__name__)
        elif reason != self._reason:
            log.error("worker.failed", exc_info=error)
        seconds = self._seconds
        self._reason, self._seconds = reason, min(2 * seconds, MOST_OUTAGE_SECONDS)
        return seconds

    def end(self) -> None:
        """Log that the queue can be read again, if it could not."""
        if self.is_on:
            log.info("worker.recovered", reason=self._reason)
        self._reason, self._seconds = None, FIRST_SECONDS


class _Left(Enum):
    """What is left of a run after a chunk of it."""

    NOTHING = auto()
    MORE = auto()
    LATER = auto()


_LEFT_BY = {Superseded: _Left.LATER, NotFound: _Left.NOTHING}


async def run_worker(
    sources: Sources,
    settings: Settings,
    stop: asyncio.Event,
    *,
    hooks: Hooks,
    clock: Clock = utc_now,
) -> None:
    """Work on what the queue has until `stop` is set; then end, or give back, the day in hand.

    With nothing in the queue it does what the hooks owe, for runs that left it undone. A queue that
    cannot be read is tried again, after twice as long each time.
    """
    workshop = WorkerContext.of(settings, sources, clock=clock, hooks=hooks, stopping=stop.is_set)
    outage, owed = QueueOutage(), _OwedWork()
    while not stop.is_set():
        try:
            async with listening(sources.database, workshop.stale_after) as found:
                if not outage.is_on:
                    log.info("worker.started", queue=str(found.name))
                while not stop.is_set():
                    pause = await _serve(found, workshop, stop, owed)
                    outage.end()
                    await _wait(stop, found.changed, pause.total_seconds())
        except Exception as error:  # noqa: BLE001 - a service whose worker has ended looks well
            await _wait(stop, stop, outage.go_on(error))
    log.info("worker.stopped")


class _OwedWork:
    """Does what the hooks owe; what fails is left alone twice as long each time."""

    def __init__(self) -> None:
        self._failures = 0
        self._resting_until = 0.0

    async def follow(self, workshop: WorkerContext, stop: asyncio.Event) -> None:
        """Do what the hooks owe, unless a failure was too recent."""
        if monotonic() < self._resting_until:
            return
        following = follow_all(workshop.hooks, workshop.sources, workshop.clock)
        is_done = await _within_grace(following, stop) is not False
        self._failures = 0 if is_done else self._failures + 1
        self._resting_until = monotonic() + _pause(workshop, self._failures).total_seconds()


async def _serve(
    found: Queue, workshop: WorkerContext, stop: asyncio.Event, owed: _OwedWork
) -> timedelta:
    """See to one job, or to runs without one; return how long to wait unless jobs are made."""
    job = await found.take()
    if job is not None:
        await _see_to(job, found, workshop, stop)
        return queue.NOW
    async with workshop.sources.database.transaction() as session:
        lost = await queue.wake_lost(session)
    if lost:
        return queue.NOW
    await owed.follow(workshop, stop)
    return workshop.heartbeat


def _pause(workshop: WorkerContext, failures: int) -> timedelta:
    """Return how long to leave alone what failed so often in a row: twice as long each time."""
    doubled = workshop.heartbeat * float(2 ** min(failures, MOST_DOUBLED))
    return min(doubled, MOST_WAITED)


async def _see_to(job: Job, found: Queue, workshop: WorkerContext, stop: asyncio.Event) -> None:
    async with found.held(job):
        left = await _attempt(job, workshop, stop)
    match left:
        case _Left.NOTHING:
            await found.drop(job)
        case _Left.MORE:
            await found.put_last(job)
        case _Left.LATER:
            await found.put_last(job, after=workshop.heartbeat)
        case error:
            await _fail(job, error, found, workshop)


async def _fail(job: Job, error: Exception, found: Queue, workshop: WorkerContext) -> None:
    """Let the run be tried again, after twice as long each time; the last time, end it."""
    run_id, tries = run_of(job), job.attempts + 1
    if tries < MOST_RUN_TRIES:
        await found.put_back(job, _pause(workshop, job.attempts), error)
        return
    known = unavailable_of(error)
    said = known.message if known else UNEXPECTED.format(type(error).__name__)
    async with workshop.sources.database.transaction() as session:
        await store.give_up(
            session, run_id, f"Given up after {tries} tries: {said}", workshop.clock()
        )
    log.error("run.given_up", run=str(run_id), tries=tries)
    await found.drop(job)


async def _attempt(job: Job, workshop: WorkerContext, stop: asyncio.Event) -> _Left | Exception:
    """Work on a chunk of the job's run; return what is left of it, or why the try failed."""
    run_id = run_of(job)
    try:
        is_more = await _within_grace(work_on_a_chunk(run_id, workshop), stop)
        if is_more is None:
            log.warning("chunk.given_back", run=str(run_id))
        if is_more in {None, True}:
            return _Left.MORE
        async with workshop.sources.database.transaction() as session:
            run = await store.named(session, run_id)
    except AppError as error:
        log.warning("chunk.failed", run=str(run_id), code=error.code, error=error.message)
        return _LEFT_BY.get(type(error), error)
    except Exception as error:
        if is_connection_lost(error):
            log.warning("chunk.disconnected", run=str(run_id), error=type(error).__name__)
            return _Left.LATER
        log.exception("chunk.failed", run=str(run_id), tries=job.attempts + 1)
        return error
    return _Left.LATER if run.status in ACTIVE else _Left.NOTHING


async def _within_grace(work: Coroutine[object, object, bool], stop: asyncio.Event) -> bool | None:
    """Return what the work does; once told to stop, end it after a while, and return None."""
    chunk = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({chunk, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({chunk}, timeout=STOP_GRACE_SECONDS)
        return chunk.result() if chunk.done() else None
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
