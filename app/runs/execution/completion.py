"""Creates runs for HTTP requests: idempotently, and again for the days that failed."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import Conflict
from app.runs import store
from app.runs.execution import idempotency
from app.runs.execution.creation import create_run
from app.runs.execution.idempotency import Repeatable
from app.runs.execution.request import RunRequest
from app.runs.models import EVERY_ACADEMY, Origin, Run, RunDayState
from app.runs.store import ACTIVE, Asker

ACCEPTED, OK = 202, 200
RETRIED_STATES = (RunDayState.ERROR, RunDayState.HELD, RunDayState.CANCELLED)

Made = tuple[Run, int]
"""A run and its HTTP status: 202 for a new run, 200 for one that was active already."""


async def ask_once(
    session: AsyncSession,
    request: RunRequest,
    name: str,
    repeatable: Repeatable | None,
    *,
    now: datetime,
) -> Made:
    """Create a run; a request whose idempotency key was used before returns its first answer."""
    before = repeatable and await idempotency.answered(session, repeatable, now)
    if before:
        return await store.named(session, before.run_id), before.status
    asker = Asker(origin=Origin.REQUEST, name=name)
    run, is_new = await create_run(session, request, asker, now=now)
    status = ACCEPTED if is_new else OK
    if repeatable:
        idempotency.remember_answer(session, repeatable, run.id, status, now=now)
    return run, status


async def retry(session: AsyncSession, run: Run, name: str, now: datetime) -> Made:
    """Create a run of the days that failed, were held or cancelled; `Conflict` if there is none."""
    if run.status in ACTIVE:
        raise Conflict("The run is still at work.", code="run_active")
    rows = await store.days_of(session, run.id)
    days = {
        row.report_date
        for row in rows
        if row.state in RETRIED_STATES and _counts(row.academy_id, row.state)
    }
    if not days:
        raise Conflict("Every day of the run came through.", code="nothing_to_retry")
    request = RunRequest.of_days(
        run.report_type,
        sorted(days),
        academies=run.academies,
        dry_run=run.dry_run,
        force=run.force,
    )
    asker = Asker(origin=Origin.REQUEST, name=name, retry_of=run.id)
    made, is_new = await create_run(session, request, asker, now=now)
    return made, ACCEPTED if is_new else OK


def _counts(academy_id: int, state: RunDayState) -> bool:
    """Return whether a row makes its day a day to retry: one held academy is enough."""
    return academy_id == EVERY_ACADEMY or state is RunDayState.HELD
