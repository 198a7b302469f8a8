"""What a worker does when its database fails: a lost connection is no failed statement."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.failures import is_connection_lost
from app.runs.execution.queue import enqueue
from app.runs.execution.worker import MOST_RUN_TRIES, QueueOutage, run_worker
from app.runs.models import RunDayState, RunStatus
from app.settings import Settings
from tests.support.report_runs import sources_of
from tests.support.run_polling import day_states, wait_until_ended
from tests.support.run_records import new_run, run_request

DAY = date(2026, 3, 1)
WAITED_SECONDS = 30
REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'nothing begins here'; END $$
"""
REFUSE_DAYS = """
    CREATE TRIGGER refuse BEFORE UPDATE ON report_run_days
        FOR EACH ROW WHEN (NEW.state = 'RUNNING') EXECUTE FUNCTION refuse()
"""
END_CONNECTIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
REASONS = (
    "SELECT traceback ->> 'exception_message' AS said FROM pgqueuer_log WHERE traceback <> '{}'"
)


@asynccontextmanager
async def working(database: Database, home: Path) -> AsyncIterator[list[EventDict]]:
    """Let a worker work whose heartbeat is fast; yield what it logs."""
    settings = Settings(home=home, heartbeat_seconds=0.01)
    stop = asyncio.Event()
    with capture_logs() as logged:
        worker = asyncio.create_task(
            run_worker(sources_of(database, home), settings, stop, hooks=())
        )
        try:
            await until(lambda: bool(named(logged, "worker.started")))
            yield logged
        finally:
            stop.set()
            await worker


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAITED_SECONDS):
        while not true():  # noqa: ASYNC110 - logs are no event
            await asyncio.sleep(0.01)


def named(logged: list[EventDict], *names: str) -> list[str]:
    return [each["event"] for each in logged if each["event"] in names]


async def do(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await (await session.connection()).execute(text(statement))


async def asked(database: Database) -> UUID:
    """Ask for a day, and wake a worker for it."""
    run = await new_run(database, run_request(day_from=DAY, day_to=DAY))
    async with database.transaction() as session:
        await enqueue(session, run.id)
    return run.id


async def test_a_run_that_a_statement_fails_each_time_is_given_up_and_says_why(
    database: Database, tmp_path: Path
) -> None:
    await do(database, REFUSE, REFUSE_DAYS)
    run_id = await asked(database)

    async with working(database, tmp_path) as logged:
        run = await wait_until_ended(database, run_id)
        await until(lambda: bool(named(logged, "run.given_up")))

    assert (run.status, await day_states(database, run_id)) == (
        RunStatus.ERROR,
        {DAY: RunDayState.ERROR},
    )
    assert f"Given up after {MOST_RUN_TRIES} tries" in (run.error or "")
    reasons = (await read_frame(database, REASONS))["said"].to_list()
    assert len(reasons) == MOST_RUN_TRIES - 1
    assert all("nothing begins here" in reason for reason in reasons)


async def test_a_connection_that_is_lost_fails_no_try(database: Database, tmp_path: Path) -> None:
    async with working(database, tmp_path) as logged:
        await do(database, END_CONNECTIONS)
        await until(lambda: bool(named(logged, "worker.recovered")))
        run = await wait_until_ended(database, await asked(database))

    assert named(logged, "worker.disconnected", "worker.failed") == ["worker.disconnected"]
    assert run.error is None


async def test_a_queue_that_cannot_be_read_is_read_once_it_can(
    database: Database, tmp_path: Path
) -> None:
    async with working(database, tmp_path) as logged:
        await do(database, "ALTER TABLE pgqueuer RENAME TO hidden")
        await until(lambda: bool(named(logged, "worker.failed")))
        await do(database, "ALTER TABLE hidden RENAME TO pgqueuer")
        run = await wait_until_ended(database, await asked(database))

    assert named(logged, "worker.failed", "worker.recovered") == [
        "worker.failed",
        "worker.recovered",
    ]
    assert run.error is None


def test_an_outage_is_logged_when_it_changes_and_waited_out_longer_each_time() -> None:
    outage = QueueOutage()

    with capture_logs() as logged:
        lost = [outage.go_on(ConnectionError()), outage.go_on(ConnectionRefusedError())]
        failed = [outage.go_on(ValueError("wrong")), outage.go_on(ValueError("wrong"))]
        outage.end()
        outage.end()

    assert [*lost, *failed, outage.go_on(OSError())] == [1, 2, 4, 8, 1]
    events = [each["event"] for each in logged]
    assert events == ["worker.disconnected", "worker.failed", "worker.recovered"]


@pytest.mark.parametrize(
    ("statement", "is_lost"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SELECT 1 / 0", False),
        ("SELECT nothing", False),
    ],
)
async def test_a_lost_connection_is_told_from_a_statement_that_fails(
    database: Database, statement: str, *, is_lost: bool
) -> None:
    with pytest.raises(DBAPIError) as wrapped:
        await do(database, statement)
    connection = await database.connect()
    with pytest.raises(asyncpg.PostgresError) as own:
        await connection.execute(statement)
    connection.terminate()

    assert [is_connection_lost(each.value) for each in (wrapped, own)] == [is_lost, is_lost]


async def test_a_failed_connect_counts_as_a_lost_connection(tmp_path: Path) -> None:
    for url in ("postgresql://me@127.0.0.1:1/x", f"postgresql://me@/x?host={tmp_path}"):
        with pytest.raises(ConnectionRefusedError) as refused:
            await Database(url).connect()

        assert is_connection_lost(refused.value)


def test_a_file_that_is_missing_is_no_lost_connection() -> None:
    assert not is_connection_lost(FileNotFoundError(2, "missing"))
