"""The lease of a run: claim, heartbeat, results of its days, release and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import and_, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import APPLICATION_NAME
from app.kit.errors import AppError
from app.runs.execution.request import split
from app.runs.models import EVERY_ACADEMY, Run, RunDay, RunDayState, RunStatus
from app.runs.store import ACTIVE, OPEN_DAYS, cancel_open_days, count_usage
from app.sources.warehouse.contract import Usage

FINE_DAYS = {RunDayState.PUBLISHED, RunDayState.UNCHANGED, RunDayState.COMPUTED}

TERMINATE_SQL = text(
    """
    SELECT pg_terminate_backend(other.pid)
    FROM pg_stat_activity AS publishing
    INNER JOIN pg_stat_activity AS other USING (datid, application_name)
    WHERE publishing.pid = :pid
        AND publishing.datname = current_database()
        AND application_name LIKE :applications
        AND other.pid <> pg_backend_pid()
        AND (
            other.pid = publishing.pid
            OR (
                other.xact_start IS NOT NULL
                AND application_name <> current_setting('application_name')
            )
        )
    """
)


class Superseded(AppError):
    """Another worker has taken over the run; uncommitted work is rolled back."""

    status = 409


class RunStopped(AppError):
    """The run was asked to stop; no further day is published."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a run, until somebody claims it with a higher attempt."""

    run_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The claiming worker: its name, its database process, and when its lease becomes stale."""

    name: str
    backend_pid: int
    stale_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """The result of a day (academy 0) or of an academy's day."""

    day: date
    academy_id: int = EVERY_ACADEMY
    state: RunDayState
    rows: int = 0
    seconds: float | None = None
    error: str | None = None
    preview: dict[str, object] | None = None


async def claim(
    session: AsyncSession,
    run: UUID,
    *,
    worker: Worker,
    now: datetime,
) -> Lease | None:
    """Take a run that nobody works on, or whose worker was silent; None when there is none.

    Whatever a worker that is taken over had begun in the database is ended first, so that it is
    undone and its locks are gone: not only the publication, since a process can be frozen between
    any two statements. Whether it is silent is told by the database's clock alone.
    """
    is_stale = col(Run.heartbeat_at) < func.clock_timestamp() - worker.stale_after
    free = or_(col(Run.worker).is_(None), is_stale)
    wanted = select(Run).where(col(Run.id) == run, col(Run.status).in_(ACTIVE), free)
    stale = (await session.exec(wanted.where(col(Run.worker).is_not(None)))).first()
    if stale is not None and stale.backend_pid is not None:
        await _terminate(session, stale.backend_pid)
    locked = wanted.with_for_update(skip_locked=stale is None)
    found = (await session.exec(locked.execution_options(populate_existing=True))).first()
    if found is None:
        return None
    found.status = RunStatus.RUNNING
    found.attempt += 1
    found.worker = worker.name
    found.backend_pid = worker.backend_pid
    found.heartbeat_at = (await session.exec(select(func.clock_timestamp()))).one()
    found.started_at = found.started_at or now
    await session.flush()
    return Lease(run_id=run, attempt=found.attempt)


async def _terminate(session: AsyncSession, backend_pid: int) -> None:
    connection = await session.connection()
    await connection.execute(
        TERMINATE_SQL, {"pid": backend_pid, "applications": f"{APPLICATION_NAME} %"}
    )


async def next_days(session: AsyncSession, mine: Lease, *, most: int) -> Sequence[date]:
    """Mark and return the run's next days, at most `most`, within as many days of the first."""
    await check_lease(session, mine)
    open_days = (
        select(col(RunDay.report_date))
        .where(
            col(RunDay.run_id) == mine.run_id,
            col(RunDay.academy_id) == EVERY_ACADEMY,
            col(RunDay.state).in_(OPEN_DAYS),
        )
        .order_by(col(RunDay.report_date))
        .limit(most)
    )
    days = next(split((await session.exec(open_days)).all(), most), ())
    for_day = and_(col(RunDay.run_id) == mine.run_id, col(RunDay.report_date).in_(days))
    values = {"state": RunDayState.RUNNING, "attempt": mine.attempt, "tries": col(RunDay.tries) + 1}
    await session.exec(
        update(RunDay).where(for_day, col(RunDay.academy_id) == EVERY_ACADEMY).values(values)
    )
    return days


async def check_lease(session: AsyncSession, mine: Lease) -> None:
    """Raise `Superseded` or `Stopped` unless the claim holds until the transaction ends."""
    statement = (
        select(Run)
        .where(col(Run.id) == mine.run_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    run = (await session.exec(statement)).one()
    if run.attempt != mine.attempt or run.status is not RunStatus.RUNNING:
        raise Superseded(f"Another worker has taken over the run {mine.run_id}.")
    if run.cancel_requested_at is not None:
        raise RunStopped(f"The run {mine.run_id} was cancelled.")


async def beat(session: AsyncSession, mine: Lease) -> None:
    """Say that the worker lives; raise `Superseded` or `Stopped` when it should not go on."""
    owned = and_(col(Run.id) == mine.run_id, col(Run.attempt) == mine.attempt)
    statement = update(Run).where(owned, col(Run.status) == RunStatus.RUNNING)
    beaten = statement.values(heartbeat_at=func.clock_timestamp())
    returned = beaten.returning(col(Run.cancel_requested_at))
    row = (await session.exec(returned)).first()
    if row is None:
        raise Superseded(f"Another worker has taken over the run {mine.run_id}.")
    if row[0] is not None:
        raise RunStopped(f"The run {mine.run_id} was cancelled.")


async def record_day(session: AsyncSession, mine: Lease, result: DayResult) -> None:
    """Write the result of a day or of an academy's day."""
    values = {
        "state": result.state,
        "attempt": mine.attempt,
        "rows": result.rows,
        "seconds": result.seconds,
        "error": result.error,
        "preview": result.preview,
    }
    key = {
        "run_id": mine.run_id,
        "report_date": result.day,
        "academy_id": result.academy_id,
    }
    statement = insert(RunDay).values(**key, **values)
    await session.exec(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def add_usage(session: AsyncSession, mine: Lease, usage: Usage) -> None:
    """Add the bytes of a scan to the run, and to the totals of its report."""
    sums = {
        "bytes_processed": col(Run.bytes_processed) + usage.bytes_processed,
        "bytes_billed": col(Run.bytes_billed) + usage.bytes_billed,
    }
    statement = update(Run).where(col(Run.id) == mine.run_id).values(sums)
    report_type = (await session.exec(statement.returning(col(Run.report_type)))).scalar_one()
    await count_usage(session, report_type, usage)


async def release_lease(session: AsyncSession, mine: Lease) -> None:
    """Release the run, so that any worker can claim its open days."""
    owned = and_(col(Run.id) == mine.run_id, col(Run.attempt) == mine.attempt)
    await session.exec(
        update(Run)
        .where(owned, col(Run.status) == RunStatus.RUNNING)
        .values(worker=None, backend_pid=None)
    )


async def finish(
    session: AsyncSession,
    mine: Lease,
    now: datetime,
    *,
    stopped: bool = False,
) -> RunStatus:
    """End the run with the status that follows from the states of its days."""
    if stopped:
        await cancel_open_days(session, mine.run_id)
    is_whole_day = col(RunDay.academy_id) == EVERY_ACADEMY
    rows = select(is_whole_day, col(RunDay.state)).where(col(RunDay.run_id) == mine.run_id)
    states = (await session.exec(rows.distinct())).all()
    days = {state for is_day, state in states if is_day}
    academies = {state for is_day, state in states if not is_day}
    status = RunStatus.CANCELLED if stopped else status_of(days, academies)
    owned = and_(col(Run.id) == mine.run_id, col(Run.attempt) == mine.attempt)
    values = {
        "status": status,
        "finished_at": now,
        "worker": None,
        "backend_pid": None,
    }
    done = await session.exec(
        update(Run)
        .where(owned, col(Run.status) == RunStatus.RUNNING)
        .values(values)
        .returning(col(Run.id))
    )
    if done.first() is None:
        raise Superseded(f"Another worker has taken over the run {mine.run_id}.")
    return status


def status_of(days: set[RunDayState], academies: set[RunDayState]) -> RunStatus:
    """Return the status of a run whose days and academies' days have these states."""
    if days <= FINE_DAYS:
        return RunStatus.DONE
    return RunStatus.ERROR if days | academies == {RunDayState.ERROR} else RunStatus.PARTIAL
