"""What a key may read of runs and of the ledger; nothing here changes anything."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, cast, func
from sqlmodel import and_, col, or_, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.access.scopes import Key
from app.kit.http.cursors import (
    Position,
    position_day,
    position_instant,
    position_number,
    unreadable,
)
from app.runs import store
from app.runs.api.requests import LedgerQuery, Paged, RunsQuery
from app.runs.ledger.quality_gate import DayState
from app.runs.models import EVERY_ACADEMY, ReportDay, Run, RunDay, RunDayState

LISTED_PERIOD = timedelta(days=14)
MOST_UNPUBLISHED = 100


def may_see(key: Key) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on runs that a key may see: those of its academies alone."""
    conditions: list[ColumnElement[bool]] = []
    if key.academies is not None:
        own = cast(sorted(key.academies), ARRAY(BigInteger))
        conditions.append(col(Run.academies).op("<@", is_comparison=True)(own))
    if key.report_types is not None:
        conditions.append(col(Run.report_type).in_(key.report_types))
    return conditions


async def visible_run(session: AsyncSession, run: UUID, key: Key) -> Run:
    """Return the run, or raise `NotFound`, also when the key may not see it."""
    statement = select(Run).where(col(Run.id) == run, *may_see(key))
    found = (await session.exec(statement)).first()
    if found is None:
        raise store.unknown_run(run)
    return found


def runs_asked(query: RunsQuery, key: Key) -> SelectOfScalar[Run]:
    """Select the runs that are asked for, in no order."""
    statement = select(Run).where(*may_see(key))
    if query.type is not None:
        statement = statement.where(col(Run.report_type) == query.type)
    if query.status is not None:
        statement = statement.where(col(Run.status) == query.status)
    if query.date is not None:
        of_day = select(RunDay.run_id).where(col(RunDay.report_date) == query.date)
        statement = statement.where(col(Run.id).in_(of_day))
    return statement


async def runs_page(
    session: AsyncSession, query: RunsQuery, key: Key, after: Position | None
) -> Sequence[Run]:
    """List one run more than a page has, the newest first."""
    statement = runs_asked(query, key)
    if after is not None:
        statement = statement.where(tuple_(col(Run.created_at), col(Run.id)) < _instant(after))
    ordered = statement.order_by(col(Run.created_at).desc(), col(Run.id).desc())
    return (await session.exec(ordered.limit(query.limit + 1))).all()


async def counted_days(
    session: AsyncSession, runs: Sequence[UUID]
) -> dict[UUID, dict[RunDayState, int]]:
    """Count the days of each run by their state."""
    counted = (
        select(col(RunDay.run_id), col(RunDay.state), func.count())
        .where(col(RunDay.run_id).in_(runs), col(RunDay.academy_id) == EVERY_ACADEMY)
        .group_by(col(RunDay.run_id), col(RunDay.state))
    )
    found: dict[UUID, dict[RunDayState, int]] = defaultdict(dict)
    for run, state, count in await session.exec(counted):
        found[run][state] = count
    return found


async def total(
    session: AsyncSession, query: Paged, asked: SelectOfScalar[Run] | SelectOfScalar[ReportDay]
) -> int | None:
    """Count all that is asked for, where the query wants it counted."""
    if not query.count:
        return None
    return (await session.exec(select(func.count()).select_from(asked.subquery()))).one()


def ledger_asked(report_type: str, query: LedgerQuery, key: Key) -> SelectOfScalar[ReportDay]:
    """Select the days that are asked for, in no order."""
    statement = select(ReportDay).where(col(ReportDay.report_type) == report_type)
    if query.date_from is not None:
        statement = statement.where(col(ReportDay.report_date) >= query.date_from)
    if query.date_to is not None:
        statement = statement.where(col(ReportDay.report_date) <= query.date_to)
    if query.state is not None:
        statement = statement.where(col(ReportDay.state) == query.state)
    academies = key.narrow(query.academy)
    if academies is not None:
        statement = statement.where(col(ReportDay.academy_id).in_(academies))
    return statement


async def ledger_page(
    session: AsyncSession,
    report_type: str,
    query: LedgerQuery,
    key: Key,
    after: Position | None,
) -> Sequence[ReportDay]:
    """List one day more than a page has, the newest first, then by academy."""
    statement = ledger_asked(report_type, query, key)
    if after is not None:
        day, academy_id = _day(after)
        same = and_(col(ReportDay.report_date) == day, col(ReportDay.academy_id) > academy_id)
        statement = statement.where(or_(col(ReportDay.report_date) < day, same))
    ordered = statement.order_by(col(ReportDay.report_date).desc(), col(ReportDay.academy_id))
    return (await session.exec(ordered.limit(query.limit + 1))).all()


async def newest_readable_day(session: AsyncSession, report_type: str, key: Key) -> date | None:
    """Return the newest day that is published of any academy that the key may see."""
    statement = select(func.max(col(ReportDay.report_date))).where(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.academy_id) != EVERY_ACADEMY,
        col(ReportDay.revision).is_not(None),
    )
    if key.academies is not None:
        statement = statement.where(col(ReportDay.academy_id).in_(key.academies))
    return (await session.exec(statement)).one()


async def unpublished(
    session: AsyncSession, report_type: str, key: Key, today: date
) -> Sequence[ReportDay]:
    """List the newest days of the last 14 that are held or failed."""
    statement = select(ReportDay).where(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.report_date) >= today - LISTED_PERIOD,
        col(ReportDay.state) != DayState.PUBLISHED,
    )
    if key.academies is not None:
        statement = statement.where(col(ReportDay.academy_id).in_(key.academies))
    ordered = statement.order_by(col(ReportDay.report_date).desc(), col(ReportDay.academy_id))
    return (await session.exec(ordered.limit(MOST_UNPUBLISHED))).all()


async def pending(
    session: AsyncSession, report_type: str, last: date
) -> Sequence[tuple[date, DayState]]:
    """List the days of the last 14 that are held or failed for somebody, the oldest first."""
    statement = select(col(ReportDay.report_date), col(ReportDay.state)).where(
        col(ReportDay.report_type) == report_type,
        col(ReportDay.report_date) > last - LISTED_PERIOD,
        col(ReportDay.state) != DayState.PUBLISHED,
    )
    ordered = statement.distinct().order_by(col(ReportDay.report_date), col(ReportDay.state))
    return (await session.exec(ordered)).all()


def _instant(after: Position) -> tuple[datetime, UUID]:
    try:
        created_at, run = after
        return position_instant(created_at), UUID(str(run))
    except ValueError:
        raise unreadable() from None


def _day(after: Position) -> tuple[date, int]:
    match after:
        case [day, academy_id]:
            return position_day(day), position_number(academy_id)
        case _:
            raise unreadable()
