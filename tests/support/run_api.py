"""A client of the run API, and the rows that workers would write."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState
from app.runs.models import ReportDay, Run, RunDay, RunDayState
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)

YESTERDAY = date(2026, 3, 10)
RUN = "/reports/churn/run"
BOTH = (Scope.REPORTS_READ, Scope.REPORTS_RUN)
StatusAndJson = tuple[int, dict[str, Any]]


class ApiClient:
    """Sends requests with one API key; each answer is its status and its JSON."""

    def __init__(self, database: Database, home: Path, key: str) -> None:
        self.app = service(database, home)
        self.key = key

    async def post(self, path: str, body: object = None, **headers: str) -> StatusAndJson:
        """Send a POST; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with open_client(self.app, self.key) as client:
            answer = await client.post(path, json=body, headers=named)
        return answer.status_code, answer.json()

    async def get(self, path: str) -> StatusAndJson:
        """Send a GET."""
        async with open_client(self.app, self.key) as client:
            answer = await client.get(path)
        return answer.status_code, answer.json()


async def restricted_to(api: ApiClient, database: Database, *academies: int) -> ApiClient:
    """Return a client whose key is restricted to these academies."""
    asker_of = ApiClient.__new__(ApiClient)
    asker_of.app = api.app
    asker_of.key = await token(database, *BOTH, academies=frozenset(academies))
    return asker_of


async def set_run(database: Database, run_id: str, **values: object) -> None:
    """Change a run as a worker would."""
    async with database.transaction() as session:
        run = await session.get_one(Run, UUID(run_id))
        for name, value in values.items():
            setattr(run, name, value)


async def set_days(database: Database, run_id: str, *states: RunDayState) -> None:
    """Set the states of a run's days, the oldest first."""
    async with database.transaction() as session:
        run = await session.get_one(Run, UUID(run_id))
        for back, state in enumerate(states):
            day = run.day_from + timedelta(days=back)
            row = await session.get_one(RunDay, (run.id, day, 0))
            row.state = state


async def queued_jobs(database: Database) -> Sequence[str]:
    async with database.transaction() as session:
        connection = await session.connection()
        found = await connection.execute(text("SELECT convert_from(payload, 'UTF8') FROM pgqueuer"))
        return found.scalars().all()


async def keep_ledger(database: Database) -> None:
    """Write a ledger: a day that failed, and one of which an academy is held."""
    rows = [
        (date(2026, 3, 9), 0, DayState.ERROR),
        (YESTERDAY, 0, DayState.PUBLISHED),
        (YESTERDAY, 1, DayState.PUBLISHED),
        (YESTERDAY, 2, DayState.HELD),
    ]
    async with database.transaction() as session:
        for day, academy_id, state in rows:
            revision = 1 if state is DayState.PUBLISHED else None
            row = ReportDay(
                report_type="churn",
                report_date=day,
                academy_id=academy_id,
                state=state,
                revision=revision,
                run_id=UUID(int=1),
                updated_at=NOW,
            )
            session.add(row)
