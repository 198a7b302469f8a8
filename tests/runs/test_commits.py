"""A worker that dies just before any one of its commits: another finishes, and nothing tells."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.hooks import HOOKS
from app.kit.db.engine import Database
from app.runs.execution.worker import run_worker
from app.settings import Settings
from tests.support.databases import Copies
from tests.support.report_runs import sources_of
from tests.support.run_polling import WAITED_SECONDS, queue_run
from tests.support.service_processes import Service, services
from tests.support.simulated_academies import simulated_sources, yesterday

DAYS = 2
ACADEMIES = 2
CRASHING_WORKER = "tests.support.crashing_worker"
PATIENT_SECONDS, IMPATIENT_SECONDS = "60", 0.1
"""The first heartbeat never comes, so the same commits have the same numbers each time."""

TABLES = {
    "rows": "churn_risk_reports",
    "sums": "churn_day_summaries",
    "ledger": "report_days",
    "runs": "report_runs",
    "days": "report_run_days",
    "alerts": """(SELECT alerts.*,
        prior - 'triggered_at' - 'resolved_at' - 'snoozed_until' AS known_before FROM alerts)""",
    "events": """(SELECT event.*, user_id, academy_id, alert_type, triggered_on
        FROM alert_events AS event JOIN alerts ON alerts.id = alert_id)""",
    "counts": "alert_day_counts",
    "watermarks": """(SELECT mark.*, mark.revision = day.revision AS is_current
        FROM alert_watermarks AS mark
        JOIN report_days AS day USING (report_type, academy_id, report_date))""",
}
LEFT_OUT = """
    id alert_id prior run_id attempt tries revision checked_revision seconds
    bytes_processed bytes_billed triggered_at resolved_at happened_at started_at finished_at
    heartbeat_at published_at updated_at evaluated_at
"""
"""When it was done, at which try, and what was read again for it."""
STATE_SQL = """
    SELECT array_agg(row::text ORDER BY row::text)
    FROM (SELECT to_jsonb(t) - CAST(:left_out AS text[]) AS row FROM {table} AS t) AS rows
"""
IS_OVER_SQL = text(
    """
    SELECT NOT EXISTS (SELECT FROM report_runs WHERE status IN ('PENDING', 'RUNNING'))
        AND NOT EXISTS (SELECT FROM pgqueuer)
    """
)
State = Mapping[str, list[str] | None]


async def asked(database: Database, home: Path) -> None:
    """Two academies, and a run of their last days that nobody has begun."""
    await simulated_sources(database, home, days=20)
    last = yesterday()
    await queue_run(database, last - timedelta(days=DAYS - 1), last)


async def state(database: Database) -> State:
    """Return what is in each table, but for what says when and by whom."""
    found = {}
    async with database.transaction() as session:
        connection = await session.connection()
        for name, table in TABLES.items():
            statement = text(STATE_SQL.format(table=table))
            found[name] = await connection.scalar(statement, {"left_out": LEFT_OUT.split()})
    return found


async def is_over(database: Database) -> bool:
    """Say whether the run has ended and nothing is owed for it."""
    async with database.transaction() as session:
        debts = [debt for hook in HOOKS for debt in await hook.owed(session)]
        return not debts and bool(await (await session.connection()).scalar(IS_OVER_SQL))


async def over(database: Database, worker: Service | None = None) -> bool:
    """Wait until all is done, or until the worker has died; say whether all is done."""
    async with asyncio.timeout(WAITED_SECONDS):
        while not (worker and worker.has_ended):
            if await is_over(database):
                return True
            await asyncio.sleep(0.02)
    return False


@asynccontextmanager
async def finishing(database: Database, home: Path) -> AsyncIterator[None]:
    """Let a worker of this process do all that is left before the context is left."""
    stop, settings = asyncio.Event(), Settings(home=home, heartbeat_seconds=IMPATIENT_SECONDS)
    working = asyncio.create_task(
        run_worker(sources_of(database, home), settings, stop, hooks=HOOKS)
    )
    try:
        yield
        await over(database)
    finally:
        stop.set()
        await working


@pytest.fixture(scope="module")
async def state_without_kills(copies: Copies, short_folder: Path) -> State:
    """What a run leaves whose worker lives."""
    home = short_folder / uuid4().hex[:8]
    async with copies.of(asked, home) as database:
        async with finishing(database, home):
            pass
        found = await state(database)
    assert all(found.values()), "there is nothing to lose"
    return found


async def die_and_finish(copies: Copies, home: Path, words: str, number: int) -> tuple[bool, State]:
    """Let a worker die before a commit, and another finish; return whether it died, and the end."""
    settings = {"HEADSUP_HEARTBEAT_SECONDS": PATIENT_SECONDS}
    async with copies.of(asked, home) as database:
        with services(database, home, **settings) as fleet:
            worker = fleet.start(words, str(number), "worker", module=CRASHING_WORKER)
            has_died = not await over(database, worker)
        async with finishing(database, home):
            pass
        return has_died, await state(database)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        pytest.param("INTO churn_day_summaries", ACADEMIES * DAYS, id="in the last publication"),
        pytest.param("INTO alert_watermarks", ACADEMIES * (DAYS - 1) + 1, id="before its alerts"),
        pytest.param("finished_at", 1, id="before the end of the run"),
    ],
)
async def test_a_worker_after_a_kill_leaves_the_same_state_as_one_without(
    copies: Copies, short_folder: Path, state_without_kills: State, words: str, number: int
) -> None:
    home = short_folder / uuid4().hex[:8]

    has_died, left = await die_and_finish(copies, home, words, number)

    assert has_died
    assert left == state_without_kills


@pytest.mark.prove
async def test_a_worker_may_die_before_each_of_its_commits(
    copies: Copies, short_folder: Path, state_without_kills: State
) -> None:
    for number in count(1):
        home = short_folder / uuid4().hex[:8]
        has_died, left = await die_and_finish(copies, home, "", number)
        assert left == state_without_kills, f"commit {number}"
        if not has_died:
            break

    assert number > 10
