"""Every statement on runs and their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import NotFound
from app.runs.models import EVERY_ACADEMY, Origin, Run, RunDay, RunDayState, RunStatus
from app.runs.request import RunRequest

ACTIVE = (RunStatus.PENDING, RunStatus.RUNNING)
ACTIVE_SQL = "status IN ('PENDING', 'RUNNING')"
"""The words of the partial index: with parameters a generic plan would not find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked for a run, and how."""

    origin: Origin
    name: str
    retry_of: UUID | None = None


async def create(
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


async def named(session: AsyncSession, run: UUID) -> Run:
    """Return the run, or raise `NotFound`."""
    found = (await session.exec(select(Run).where(col(Run.id) == run))).first()
    if found is None:
        raise NotFound(f"There is no run {run}.", code="unknown_run")
    return found


async def days_of(session: AsyncSession, run: UUID) -> Sequence[RunDay]:
    """List what became of a run's days, oldest first, the day before its academies."""
    statement = select(RunDay).where(col(RunDay.run_id) == run)
    ordered = statement.order_by(col(RunDay.report_date), col(RunDay.academy_id))
    return (await session.exec(ordered)).all()


async def request_cancel(session: AsyncSession, run: UUID, now: datetime) -> Run:
    """Ask whoever works on the run to stop; one that nobody has begun is cancelled at once."""
    found = await named(session, run)
    if found.status is RunStatus.PENDING:
        found.status, found.finished_at = RunStatus.CANCELLED, now
    if found.status is RunStatus.RUNNING:
        found.cancel_requested_at = found.cancel_requested_at or now
    await session.flush()
    return found


async def forget_old(session: AsyncSession, before: datetime) -> None:
    """Drop runs that ended before an instant; what they published stays."""
    await session.exec(delete(Run).where(col(Run.finished_at) < before))


async def oldest_active(session: AsyncSession) -> datetime | None:
    """Return when the oldest active run was made."""
    statement = select(func.min(Run.created_at)).where(col(Run.status).in_(ACTIVE))
    return (await session.exec(statement)).one()
