"""Every statement on the ledger, which has the state of each academy's day of a report."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import and_, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.locks import lock_transaction
from app.runs.contract import Academies
from app.runs.execution.context import RunContext
from app.runs.execution.lease import DayResult
from app.runs.execution.request import RunRequest
from app.runs.ledger.quality_gate import DayState, LedgerDay
from app.runs.models import EVERY_ACADEMY, Only, ReportDay, RunDayState
from app.sources.directory import erasure

MEAN_HISTORY_DAYS = 60


def _key(report_type: str, day: date, academy_id: int) -> dict[str, object]:
    return {"report_type": report_type, "report_date": day, "academy_id": academy_id}


async def lock_day(session: AsyncSession, report_type: str, day: date, academy_id: int) -> None:
    """Let one transaction at a time publish an academy's day."""
    await lock_transaction(session, f"{report_type}/{day}/{academy_id}")


async def find_day(
    session: AsyncSession, report_type: str, day: date, academy_id: int
) -> ReportDay | None:
    """Return the ledger's row of an academy's day."""
    return await session.get(ReportDay, (report_type, day, academy_id), populate_existing=True)


async def history(
    session: AsyncSession, report_type: str, day: date, academies: Academies
) -> Mapping[int, Sequence[LedgerDay]]:
    """Map each academy in scope to its ledger of `day` and the 60 days before, oldest first."""
    statement = select(ReportDay).where(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.academy_id) != EVERY_ACADEMY,
        col(ReportDay.report_date).between(day - timedelta(days=MEAN_HISTORY_DAYS), day),
    )
    if academies is not None:
        statement = statement.where(col(ReportDay.academy_id).in_(academies))
    found: dict[int, list[LedgerDay]] = defaultdict(list)
    for row in await session.exec(statement.order_by(col(ReportDay.report_date))):
        found[row.academy_id].append(
            LedgerDay(
                report_date=row.report_date,
                state=row.state,
                verdict=row.verdict,
                active=row.active_by_day[0] if row.active_by_day else None,
                live=None if row.revision is None else row.rows,
            )
        )
    return found


async def held(
    session: AsyncSession, report_type: str, days: Sequence[date]
) -> Mapping[date, Mapping[int, ReportDay]]:
    """Map those of `days` that some academy has held to these academies' rows, oldest first."""
    statement = select(ReportDay).where(
        _are_held(report_type, days), col(ReportDay.academy_id) != EVERY_ACADEMY
    )
    found: dict[date, dict[int, ReportDay]] = defaultdict(dict)
    for row in await session.exec(statement.order_by(col(ReportDay.report_date))):
        found[row.report_date][row.academy_id] = row
    return found


async def leave_held(
    session: AsyncSession, report_type: str, days: Sequence[date], now: datetime
) -> None:
    """Note that what is held of `days` was looked at, so that it is left alone for a while.

    An erasure, which changes many days too, is kept out: each would wait for the other's.
    """
    await erasure.keep_out(session)
    await session.exec(update(ReportDay).where(_are_held(report_type, days)).values(updated_at=now))


def _are_held(report_type: str, days: Sequence[date]) -> ColumnElement[bool]:
    return and_(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.report_date).in_(days),
        col(ReportDay.state) == DayState.HELD,
    )


async def next_revision(session: AsyncSession) -> int:
    """Draw the number of a publication; a later one is larger."""
    connection = await session.connection()
    return int((await connection.execute(text("SELECT nextval('report_revisions')"))).scalar_one())


async def renew(
    session: AsyncSession, report_type: str, days: Collection[tuple[date, int]]
) -> None:
    """Give a new revision to those of the academies' `days` that can be read.

    These are the days that were ever published, also if they have been held since.
    """
    if not days:
        return
    key = tuple_(col(ReportDay.report_date), col(ReportDay.academy_id))
    readable = and_(col(ReportDay.report_type) == report_type, col(ReportDay.revision).is_not(None))
    revision = await next_revision(session)
    await session.exec(update(ReportDay).where(readable, key.in_(days)).values(revision=revision))


async def write_ledger_day(
    session: AsyncSession,
    report_type: str,
    day: date,
    academy_id: int,
    values: Mapping[str, object],
) -> None:
    """Write the ledger's row of an academy's day; what `values` leaves out stays as it was."""
    key = _key(report_type, day, academy_id)
    statement = insert(ReportDay).values(**{"forced": False, "rows": 0, **values}, **key)
    await session.exec(statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


async def remove(session: AsyncSession, report_type: str, day: date, academy_id: int) -> None:
    """Delete an academy's day from the ledger, because it has no rows."""
    row = and_(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.report_date) == day,
        col(ReportDay.academy_id) == academy_id,
    )
    await session.exec(delete(ReportDay).where(row))


async def mark(session: AsyncSession, job: RunContext, result: DayResult) -> None:
    """Write the row that says that the whole day, or an academy's, was gone through or failed."""
    state, now = _STATES.get(result.state, DayState.PUBLISHED), job.workshop.clock()
    values: dict[str, object] = {
        "state": state,
        "reason": result.error,
        "run_id": job.run.id,
        "updated_at": now,
    }
    if state is DayState.PUBLISHED:
        values |= {"revision": await next_revision(session), "published_at": now}
    await write_ledger_day(session, job.run.report_type, result.day, result.academy_id, values)


_STATES = {RunDayState.ERROR: DayState.ERROR, RunDayState.HELD: DayState.HELD}


async def days_to_run(session: AsyncSession, request: RunRequest) -> Sequence[date]:
    """List the days of a request that its `only` leaves."""
    if request.only is Only.ALL:
        return request.days
    statement = select(col(ReportDay.report_date), col(ReportDay.academy_id), col(ReportDay.state))
    rows = (
        await session.exec(
            statement.where(
                col(ReportDay.report_type) == request.report_type,
                col(ReportDay.report_date).between(request.day_from, request.day_to),
            )
        )
    ).all()
    if request.only is Only.FAILED:
        scope = None if request.academies is None else {*request.academies, EVERY_ACADEMY}
        failed = {
            day
            for day, academy_id, state in rows
            if state is not DayState.PUBLISHED and (scope is None or academy_id in scope)
        }
        return sorted(failed)
    return [day for day in request.days if _is_missing(day, rows, request.academies)]


async def count_states(session: AsyncSession, request: RunRequest) -> dict[str, int]:
    """Count the academies' days in scope by their state; days that are missing are not in it."""
    statement = (
        select(col(ReportDay.state), func.count())
        .where(
            col(ReportDay.report_type) == request.report_type,
            col(ReportDay.report_date).between(request.day_from, request.day_to),
            col(ReportDay.academy_id) != EVERY_ACADEMY,
        )
        .group_by(col(ReportDay.state))
    )
    if request.academies is not None:
        statement = statement.where(col(ReportDay.academy_id).in_(request.academies))
    return dict((await session.exec(statement)).all())


def _is_missing(
    day: date, rows: Sequence[tuple[date, int, DayState]], academies: Academies
) -> bool:
    there = {academy_id for row_day, academy_id, _ in rows if row_day == day}
    if EVERY_ACADEMY in there:
        return False
    return academies is None or not there.issuperset(academies)
