"""Rows of runs and leases, written without a worker."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, func, update

from app.kit.db.engine import Database
from app.runs import store
from app.runs.execution import lease
from app.runs.execution.lease import Lease, Worker
from app.runs.execution.request import RunRequest
from app.runs.models import Origin, Run
from app.runs.store import Asker

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 4)
STALE_AFTER = timedelta(seconds=30)


def run_request(**changes: object) -> RunRequest:
    """A request for four days of the churn report."""
    values = {"report_type": "churn", "day_from": FIRST, "day_to": LAST, **changes}
    return RunRequest(**values)  # type: ignore[arg-type]


async def new_run(database: Database, request: RunRequest | None = None) -> Run:
    """Make a run."""
    wanted = request or run_request()
    api = Asker(origin=Origin.COMMAND, name="tester")
    async with database.transaction() as session:
        run, _ = await store.insert_run(session, wanted, wanted.days, api, run=uuid4(), now=NOW)
    return run


async def claim_run(database: Database, run_id: UUID, *, backend_pid: int = 1) -> Lease | None:
    """Try to claim a run."""
    worker = Worker(name="tester", backend_pid=backend_pid, stale_after=STALE_AFTER)
    async with database.transaction() as session:
        return await lease.claim(session, run_id, worker=worker, now=NOW)


async def run_of_silent_worker(
    database: Database, run_id: UUID, *, since: timedelta = STALE_AFTER + timedelta(seconds=1)
) -> None:
    """Let the run's worker have been silent for so long."""
    async with database.transaction() as session:
        heard_at = func.clock_timestamp() - since
        await session.exec(update(Run).where(col(Run.id) == run_id).values(heartbeat_at=heard_at))
