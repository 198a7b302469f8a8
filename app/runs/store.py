"""Every statement on runs and their days."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import and_, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import NotFound
from app.runs.execution.request import RunRequest
from app.runs.models import EVERY_ACADEMY, Origin, ReportUsage, Run, RunDay, RunDayState, RunStatus
from app.sources.warehouse.contract import Usage

ACTIVE = (RunStatus.PENDING, RunStatus.RUNNING)
OPEN_DAYS = (RunDayState.PENDING, RunDayState.RUNNING)
ACTIVE_SQL = "status IN ('PENDING', 'RUNNING')"
"""The words of the partial index: with parameters a generic plan would not find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked for a run, and how."""

    origin: Origin
    name: str
    retry_of: UUID | None = None


async def insert_run(
    session: AsyncSession,
    request: RunRequest,
    days: Sequence[date],
    asker: Asker,
    *,
    run: UUID,
    now: datetime,
) -> tuple[Run, bool]:
    """Write a run of `days`; an identical one that is still active is returned instead.

    The second value says whether the run is new.
    """
    status = RunStatus.PENDING if days else RunStatus.DONE
    values = {
        "id": run,
        "report_type": request.report_type,
        "status": status,
        "origin": asker.origin,
        "requested_by": asker.name,
        "request_key": request.key,
        "day_from": request.day_from,
        "day_to": request.day_to,
        "academies": request.academies,
        "only": request.only,
        "dry_run": request.dry_run,
        "force": request.force,
        "retry_of": asker.retry_of,
        "attempt": 0,
        "created_at": now,
        "finished_at": None if days else now,
        "bytes_processed": 0,
        "bytes_billed": 0,
    }
    key = col(Run.request_key)
    statement = (
        insert(Run)
        .values(values)
        .on_conflict_do_nothing(index_elements=[key], index_where=text(ACTIVE_SQL))
    )
    made = (await session.exec(statement.returning(col(Run.id)))).first()
    if made is None:
        active = select(Run).where(key == request.key, col(Run.status).in_(ACTIVE))
        return (await session.exec(active)).one(), False
    if days:
        rows = [
            {
                "run_id": run,
                "report_date": day,
                "academy_id": EVERY_ACADEMY,
                "state": RunDayState.PENDING,
                "attempt": 0,
                "rows": 0,
            }
            for day in days
        ]
        await session.exec(insert(RunDay), params=rows)
    return await named(session, run), True


async def named(session: AsyncSession, run: UUID, *, lock: bool = False) -> Run:
    """Return the run, locked until the transaction ends if so wished; or raise `NotFound`."""
    statement = select(Run).where(col(Run.id) == run)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = (await session.exec(statement)).first()
    if found is None:
        raise unknown_run(run)
    return found


def unknown_run(run: UUID) -> NotFound:
    """Return the error for a run that does not exist, or not for who asks."""
    return NotFound(f"There is no run {run}.", code="unknown_run")


async def days_of(session: AsyncSession, run: UUID) -> Sequence[RunDay]:
    """List what became of a run's days, oldest first, the day before its academies."""
    statement = select(RunDay).where(col(RunDay.run_id) == run)
    ordered = statement.order_by(col(RunDay.report_date), col(RunDay.academy_id))
    return (await session.exec(ordered)).all()


async def request_cancel(session: AsyncSession, run: UUID, now: datetime) -> Run:
    """Ask whoever works on the run to stop; one that nobody works on is cancelled at once.

    Its place is free: the same request makes a new run. A run that has ended stays as it is.
    """
    found = await named(session, run, lock=True)
    if found.status not in ACTIVE:
        return found
    if found.cancel_requested_at is None:
        found.cancel_requested_at = now
        found.request_key = hashlib.sha256(found.request_key + found.id.bytes).digest()
    if found.worker is None:
        found.status, found.finished_at = RunStatus.CANCELLED, now
        await cancel_open_days(session, run)
    await session.flush()
    return found


async def cancel_open_days(session: AsyncSession, run: UUID) -> None:
    """Mark the days that a run has not reached as cancelled."""
    open_days = and_(col(RunDay.run_id) == run, col(RunDay.state).in_(OPEN_DAYS))
    await session.exec(update(RunDay).where(open_days).values(state=RunDayState.CANCELLED))


async def give_up(session: AsyncSession, run: UUID, reason: str, now: datetime) -> None:
    """End a run that nobody works on, and its open days, as failed for that reason."""
    found = await named(session, run, lock=True)
    if found.status not in ACTIVE or found.worker is not None:
        return
    open_days = and_(col(RunDay.run_id) == run, col(RunDay.state).in_(OPEN_DAYS))
    failed = {"state": RunDayState.ERROR, "error": reason}
    await session.exec(update(RunDay).where(open_days).values(failed))
    found.status, found.error, found.finished_at = RunStatus.ERROR, reason, now
    await session.flush()


async def count_usage(session: AsyncSession, report_type: str, usage: Usage) -> None:
    """Add what a scan or a question read to the sums of its report, which outlive the runs."""
    spent = {"bytes_processed": usage.bytes_processed, "bytes_billed": usage.bytes_billed}
    added = insert(ReportUsage).values(report_type=report_type, **spent)
    sums = {name: getattr(ReportUsage, name) + added.excluded[name] for name in spent}
    await session.exec(added.on_conflict_do_update(index_elements=["report_type"], set_=sums))


async def oldest_active(session: AsyncSession) -> datetime | None:
    """Return when the oldest active run was made."""
    statement = select(func.min(Run.created_at)).where(col(Run.status).in_(ACTIVE))
    return (await session.exec(statement)).one()


async def silent_runs(session: AsyncSession, stale_after: timedelta) -> Sequence[Run]:
    """List the active runs of which nobody was heard for so long, oldest first.

    That is told by the database's clock, as a takeover does.
    """
    heard = func.coalesce(col(Run.heartbeat_at), col(Run.created_at))
    is_silent = heard < func.clock_timestamp() - stale_after
    statement = select(Run).where(col(Run.status).in_(ACTIVE), is_silent)
    return (await session.exec(statement.order_by(col(Run.created_at)))).all()
