"""Finds the days that are due and creates one run of them, however many replicas ask."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import ONE_DAY, day_of
from app.kit.db.locks import lock_transaction
from app.kit.sql import load_sql
from app.runs.contract import BaseReport
from app.runs.execution.context import WorkerContext
from app.runs.execution.creation import create_run
from app.runs.execution.request import RunRequest
from app.runs.ledger.held_days import (
    Looking,
    ask,
    leave,
    released,
)
from app.runs.models import Origin, Run
from app.runs.registry import report_named
from app.runs.store import Asker

DUE_DAYS = 14
"""For so many days after it a day can become due."""
DRIFT_PERCENT = 2
DRIFT_SUBSCRIBERS = 2
PAUSE = timedelta(minutes=15)
"""How long a day that was held or failed waits before it is tried again."""
DUE_AGAIN = PAUSE + timedelta(microseconds=1)
"""A day that was left alone at an instant is due so long after it, if nothing else has changed."""
DUE_SQL = text(load_sql(__package__, "due"))
ANYBODY_SQL = text("SELECT EXISTS (SELECT FROM subscription_history)")
CLOCK = Asker(origin=Origin.SCHEDULE, name="schedule")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day that is due, and whether for no other reason than that it is held."""

    day: date
    is_only_held: bool


async def due_days(
    session: AsyncSession, report: type[BaseReport], last: date, *, now: datetime
) -> Sequence[DueDay]:
    """List the days of a report that are due of the last 14 up to `last`, oldest first.

    Days that an active run has still to come to are left to it.
    """
    values = {
        "report_type": report.report_type,
        "last": last,
        "days": DUE_DAYS,
        "window_days": report.window_days,
        "tried_before": now - PAUSE,
        "drift_subscribers": DRIFT_SUBSCRIBERS,
        "drift_percent": DRIFT_PERCENT,
    }
    connection = await session.connection()
    return [DueDay(**row) for row in (await connection.execute(DUE_SQL, values)).mappings()]


async def ask_due(report_type: str, workshop: WorkerContext) -> Run | None:
    """Create one run of all days that are due; return None if none is due or nobody subscribes.

    A day that is due only because it is held is included if a new count of its activity would
    release it. No transaction is open while the warehouse counts. The held days are marked as
    looked at beforehand, so that other replicas do not count them too; afterwards only the days
    that are still due are run.
    """
    report = report_named(report_type)
    looking = Looking(
        report=report(workshop.sources),
        policy=workshop.policy_of(report),
        now=workshop.clock(),
    )
    async with _alone(looking) as session:
        due = await _due_for_somebody(session, looking, at=looking.now)
        days = [found.day for found in due if not found.is_only_held]
        held = await leave(session, [found.day for found in due if found.is_only_held], looking)
        if not held.days:
            return await _make(session, days, looking)
    answer = await ask(held, looking)
    async with _alone(looking) as session:
        days += await released(session, held, answer, looking)
        again = await _due_for_somebody(session, looking, at=looking.now + DUE_AGAIN)
        return await _make(session, [found.day for found in again if found.day in days], looking)


@asynccontextmanager
async def _alone(looking: Looking) -> AsyncIterator[AsyncSession]:
    """Open a transaction of which there is one at a time for a report."""
    async with looking.report.sources.database.transaction() as session:
        await lock_transaction(session, f"due/{looking.report_type}")
        yield session


async def _due_for_somebody(
    session: AsyncSession, looking: Looking, *, at: datetime
) -> Sequence[DueDay]:
    """List the days that are due at an instant, if anybody has ever subscribed."""
    last = day_of(looking.now, looking.report.sources.zone) - ONE_DAY
    due = await due_days(session, type(looking.report), last, now=at)
    connection = await session.connection()
    return due if due and await connection.scalar(ANYBODY_SQL) else []


async def _make(session: AsyncSession, days: Sequence[date], looking: Looking) -> Run | None:
    if not days:
        return None
    request = RunRequest.of_days(looking.report_type, days)
    run, _ = await create_run(session, request, CLOCK, now=looking.now)
    listed = [day.isoformat() for day in sorted(days)]
    log.info("run.due", report=looking.report_type, run=str(run.id), days=listed)
    return run
