"""Tries of a day: one that lost its connection to the database is no error of the day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import and_, col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import AppError
from app.kit.failures import is_transient
from app.runs.execution import lease
from app.runs.execution.context import RunContext
from app.runs.execution.day_runner import fail_day
from app.runs.execution.lease import Lease
from app.runs.models import EVERY_ACADEMY, RunDay

MOST_TRIES = 3
"""A day that loses its connection so often, while the server answers others, has failed."""


class TryFailed(AppError):
    """The database was lost for a moment; the days that were not through are tried again."""

    status = 503


async def fail_days(job: RunContext, days: Sequence[date], error: Exception, reason: str) -> None:
    """Record that the days failed, or raise `TryFailed` if they are to be tried again.

    They are when the `error` says nothing of the days themselves, some times over. That is noted
    on a connection of its own, since the job's may be the one that was lost; while the server
    answers nobody, the note fails too and no try is counted.
    """
    async with job.workshop.sources.database.connection() as connection:
        if is_transient(error):
            async with connection.transaction() as session:
                tries = await _count(session, job.mine, days)
            if tries < MOST_TRIES:
                raise TryFailed(f"Tried in vain, {tries} of {MOST_TRIES}: {error}") from error
        for day in days:
            await fail_day(replace(job, connection=connection), day, reason)


async def _count(session: AsyncSession, mine: Lease, days: Sequence[date]) -> int:
    """Add a failed try to each of the days; return how many the one with the most has now."""
    await lease.check_lease(session, mine)
    of_days = and_(
        col(RunDay.run_id) == mine.run_id,
        col(RunDay.academy_id) == EVERY_ACADEMY,
        col(RunDay.report_date).in_(days),
    )
    counted = update(RunDay).where(of_days).values(failed_tries=RunDay.failed_tries + 1)
    tries = await session.exec(counted.returning(col(RunDay.failed_tries)))
    return max(int(row[0]) for row in tries)
