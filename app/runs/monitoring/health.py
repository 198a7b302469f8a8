"""Where the reports stand: what is published, held, failed or running."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import ONE_DAY, day_of
from app.runs import store
from app.runs.hooks import Hooks, overdue, said_of
from app.runs.ledger.quality_gate import DayState
from app.runs.models import EVERY_ACADEMY, ReportDay
from app.runs.registry import reports
from app.sources.findings import Finding, Level
from app.sources.sources import Sources

LONG_RUN = timedelta(hours=6)
HEALTH_PERIOD = timedelta(days=14)
MOST_RUNS = 5


async def check_reports(
    sources: Sources, now: datetime, *, stale_after: timedelta, hooks: Hooks = ()
) -> AsyncIterator[Finding]:
    """Look at each report's newest day, what is held, failed or owed, and runs left or long."""
    yesterday = day_of(now, sources.zone) - ONE_DAY
    async with sources.database.transaction() as session:
        for report_type in reports():
            newest = await newest_published(session, report_type)
            yield _newest(report_type, newest, yesterday)
            for finding in await _pending(session, report_type, yesterday):
                yield finding
        oldest = await store.oldest_active(session)
        silent = await store.silent_runs(session, stale_after)
        owed = await overdue(session, hooks, now)
    for hook, debt in owed:
        said, subject = said_of(hook, debt), f"report {debt.report_type}"
        yield Finding(subject=subject, said=said, level=Level.WARNING)
    for run in silent[:MOST_RUNS]:
        said = (
            f"nobody works on that of {run.report_type} from {run.day_from} to {run.day_to}, asked"
            f" for at {run.created_at:%Y-%m-%d %H:%M} UTC: a worker, or the same command again,"
            " goes on with it"
        )
        yield Finding(subject="runs", said=said, level=Level.WARNING)
    if oldest is not None and now - oldest > LONG_RUN:
        said = f"one is active since {oldest:%Y-%m-%d %H:%M} UTC: is a worker alive?"
        yield Finding(subject="runs", said=said, level=Level.WARNING)


async def newest_published(session: AsyncSession, report_type: str) -> date | None:
    """Return the newest day of a report that any academy has published."""
    statement = select(func.max(col(ReportDay.report_date))).where(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.academy_id) != EVERY_ACADEMY,
        col(ReportDay.revision).is_not(None),
    )
    return (await session.exec(statement)).one()


def _newest(report_type: str, newest: date | None, yesterday: date) -> Finding:
    subject = f"report {report_type}"
    if newest is None:
        said = f"nothing is published: run `headsup generate-report {report_type}`"
        return Finding(subject=subject, said=said, level=Level.WARNING)
    if newest < yesterday:
        said = f"the newest day is {newest}; {yesterday} is missing"
        return Finding(subject=subject, said=said, level=Level.WARNING)
    return Finding(subject=subject, said=f"published up to {newest}")


async def _pending(session: AsyncSession, report_type: str, last: date) -> list[Finding]:
    statement = (
        select(ReportDay)
        .where(
            col(ReportDay.report_type) == report_type,
            col(ReportDay.report_date) > last - HEALTH_PERIOD,
            col(ReportDay.state) != DayState.PUBLISHED,
        )
        .order_by(col(ReportDay.report_date), col(ReportDay.academy_id))
    )
    return [
        Finding(
            subject=f"{row.report_date}"
            + (f", academy {row.academy_id}" if row.academy_id != EVERY_ACADEMY else ""),
            said=f"{row.state.lower()}: {row.reason}",
            level=Level.WRONG,
        )
        for row in await session.exec(statement)
    ]
