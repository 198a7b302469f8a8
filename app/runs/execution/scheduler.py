"""The scheduler: at each time of the schedule it asks the ledger which days are due."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from cronsim import CronSim, CronSimError

from app.kit.clock import Clock, utc_now
from app.kit.days import day_of
from app.kit.errors import AppError, Unusable
from app.kit.failures import unavailable_of
from app.runs.execution import queue
from app.runs.execution.context import WorkerContext
from app.runs.execution.maintenance import Chore, keep_house
from app.runs.execution.worker import run_worker
from app.runs.hooks import Hooks, follow_all
from app.runs.ledger.due_days import ask_due
from app.runs.registry import reports
from app.settings import Settings
from app.sources.platform.connection import platform_of
from app.sources.platform.sync import sync
from app.sources.platform.sync_state import compared_at
from app.sources.sources import Sources

HOUSEKEEPING = "20 1 * * *"
FIELDS = 5
ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


async def wake(sources: Sources, clock: Clock, settings: Settings, hooks: Hooks) -> None:
    """Create runs of the days that are due, and queue active runs that are in no queue.

    What the hooks owe is done first: what is published already waits for no other source.
    The platform is read first, if there is one; while it does not answer, or another replica
    reads it, nothing is asked for: the next wake comes.
    """
    async with sources.database.transaction() as session:
        await queue.wake_lost(session)
    await follow_all(hooks, sources, clock)
    if not await _synced(sources, clock, settings):
        return
    for report_type in reports():
        try:
            await ask_due(report_type, WorkerContext.of(settings, sources, clock=clock))
        except Exception as error:  # noqa: BLE001 - one report's error does not stop the others
            bound = log.bind(report=report_type)
            bound.error("due.failed", error=str(error), exc_info=unavailable_of(error) is None)


async def _synced(sources: Sources, clock: Clock, settings: Settings) -> bool:
    """Synchronise with the platform, once a day in full; return whether that succeeded."""
    if settings.platform_database_url is None:
        return True
    now = clock()
    async with sources.database.transaction() as session:
        compared = await compared_at(session)
    full = compared is None or day_of(compared, sources.zone) < day_of(now, sources.zone)
    try:
        await sync(sources.database, platform_of(settings), full=full, now=now)
    except AppError as error:
        log.warning("sync.failed", code=error.code, error=error.message)
        return False
    return True


@asynccontextmanager
async def at_work(
    sources: Sources,
    settings: Settings,
    *,
    chores: Sequence[Chore],
    hooks: Hooks,
    clock: Clock = utc_now,
) -> AsyncIterator[None]:
    """Run the scheduler and a worker for as long as the context lasts.

    Leaving it waits until the day in hand is finished or given back. Raises `Unusable` for a
    schedule that is none.
    """
    stop = asyncio.Event()
    async with scheduled(sources, settings, clock=clock, chores=chores, hooks=hooks):
        working = asyncio.create_task(run_worker(sources, settings, stop, clock=clock, hooks=hooks))
        try:
            yield
        finally:
            stop.set()
            await working


@asynccontextmanager
async def scheduled(
    sources: Sources,
    settings: Settings,
    *,
    chores: Sequence[Chore],
    hooks: Hooks,
    clock: Clock = utc_now,
) -> AsyncIterator[None]:
    """Sweep and keep house at once, and then whenever it is time, until the context is left.

    A time that was missed, however long ago, is made up for once.
    """
    trigger = CronSchedule(settings.schedule, settings.zone)
    scheduler = AsyncIOScheduler(
        timezone=settings.zone, job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    once_a_day = CronSchedule(HOUSEKEEPING, settings.zone)
    for function, arguments, times in (
        (keep_house, (sources, settings, clock, chores), once_a_day),
        (wake, (sources, clock, settings, hooks), trigger),
    ):
        scheduler.add_job(function, args=arguments)
        scheduler.add_job(function, times, args=arguments)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


class CronSchedule(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Fires when an expression of cron says so, in the schedule's time zone.

    The scheduler's own `CronTrigger` counts weekdays from Monday, and fires only if the day of the
    month and the weekday both match, where cron takes either.
    """

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        """Raise `Unusable` for anything but the five fields of a cron expression."""
        self._expression = expression
        self._zone = zone
        try:
            _check(expression)
        except CronSimError as error:
            message = f"HEADSUP_SCHEDULE is {expression!r}, which is no cron expression: {error}."
            raise Unusable(message) from None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first time after the previous one, or from `now` on; None if there is none."""
        after = previous or now - timedelta(microseconds=1)
        return next(CronSim(self._expression, after.astimezone(self._zone)), None)


def _check(expression: str) -> None:
    if len(expression.split()) != FIELDS:  # the library takes a sixth one, for seconds
        raise CronSimError(f"It does not have {FIELDS} fields")
    CronSim(expression, ANY_INSTANT)
