"""What is due, and asking for it: however many replicas wake at once, they make one run."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock
from app.kit.days import ONE_DAY, day_of
from app.runs.generate import make
from app.runs.models import Origin, Run
from app.runs.request import RunRequest
from app.runs.store import Asker
from app.sources.sources import Sources

DUE_DAYS = 14
"""A day is looked after for so long."""
WINDOW_DAYS = 13
"""A day's numbers rest on itself and so many days before it."""
DRIFT_PERCENT = 2
DRIFT_SUBSCRIBERS = 2
PAUSE = timedelta(minutes=15)
"""A day that was held or failed is left alone for so long before it is tried again."""
DUE_SQL = text(Path(__file__).with_name("due.sql").read_text("utf-8"))
LOCK_SQL = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
ANYBODY_SQL = text("SELECT EXISTS (SELECT FROM subscription_history)")
CLOCK = Asker(origin=Origin.SCHEDULE, name="schedule")

log = structlog.get_logger()


async def due_days(
    session: AsyncSession, report_type: str, last: date, *, now: datetime
) -> Sequence[date]:
    """List the days that are due of the last 14 up to `last`, oldest first.

    Days that an active run has still to come to are left to it.
    """
    values = {
        "report_type": report_type,
        "last": last,
        "days": DUE_DAYS,
        "window_days": WINDOW_DAYS,
        "tried_before": now - PAUSE,
        "drift_subscribers": DRIFT_SUBSCRIBERS,
        "drift_percent": DRIFT_PERCENT,
    }
    connection = await session.connection()
    return list((await connection.execute(DUE_SQL, values)).scalars())


async def ask_due(report_type: str, sources: Sources, clock: Clock) -> Run | None:
    """Make one run of all the days that are due; None when nothing is, or there is nobody.

    Who comes later waits for the lock, and then finds the days in the run that was made.
    """
    now = clock()
    last = day_of(now, sources.zone) - ONE_DAY
    async with sources.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(LOCK_SQL, {"name": f"due/{report_type}"})
        days = await due_days(session, report_type, last, now=now)
        if not days or not await connection.scalar(ANYBODY_SQL):
            return None
        run, _ = await make(session, RunRequest.of_days(report_type, days), CLOCK, now=now)
    log.info("run.due", report=report_type, run=str(run.id), days=[day.isoformat() for day in days])
    return run
