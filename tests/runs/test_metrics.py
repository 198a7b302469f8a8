"""Metrics tell what somebody would wake for, and cost the same however many runs there were."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from app.kit.db.engine import Database
from app.runs import store
from app.runs.execution import lease
from app.runs.execution.lease import DayResult
from app.runs.models import RunDayState
from app.runs.monitoring.metrics import standing
from app.sources.sources import Sources
from app.sources.warehouse.contract import Usage
from tests.support.database_copies import copied_database
from tests.support.report_runs import sources_of
from tests.support.run_records import (
    NOW,
    STALE_AFTER,
    claim_run,
    new_run,
    run_of_silent_worker,
)

ENDED_RUNS = text(
    """
    INSERT INTO report_runs (id, report_type, status, origin, requested_by, request_key, day_from,
        day_to, "only", dry_run, force, attempt, created_at, finished_at, bytes_processed,
        bytes_billed)
    SELECT gen_random_uuid(), 'churn', 'ERROR', 'SCHEDULE', 'schedule', int4send(n), '2026-01-01',
        '2026-01-01', 'all', FALSE, FALSE, 1, ended_at, ended_at, 1, 1
    FROM generate_series(1, 20000) AS n
    CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) - n * INTERVAL '1 hour' AS ended_at) AS run
    """
)
THEIR_DAYS = text(
    """
    INSERT INTO report_run_days (run_id, report_date, academy_id, state, attempt, rows)
    SELECT id, day_from, academy_id, 'ERROR', 1, 0
    FROM report_runs CROSS JOIN generate_series(0, 1) AS academy_id
    """
)

Sent = list[tuple[str, object]]


async def long_history(database: Database, _home: Path) -> None:
    """One run an hour has ended for two years, with a day and an academy each; one is active."""
    async with database.engine.begin() as connection:
        await connection.execute(ENDED_RUNS, {"now": NOW})
        await connection.execute(THEIR_DAYS)
    await new_run(database)
    async with database.engine.begin() as connection:
        await connection.execute(text("ANALYZE report_runs, report_run_days"))


history = copied_database(long_history)


@pytest.fixture
def requests_sent() -> Iterator[Sent]:
    """Every statement that is sent, with its parameters."""
    found: Sent = []

    def note(*arguments: object) -> None:
        found.append((str(arguments[2]), arguments[3]))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


async def measured(sources: Sources) -> dict[tuple[str, ...], float]:
    """Map each metric, with its labels, to its value."""
    async with sources.database.transaction() as session:
        found = await standing(session, sources, NOW, stale_after=STALE_AFTER)
    return {
        (sample.name.removeprefix("headsup_"), *sample.labels.values()): sample.value
        for family in found.collect()
        for sample in family.samples
    }


async def begin(database: Database, run_id: UUID) -> lease.Lease:
    """Take over the run, as after a crash, and begin with its next day."""
    await run_of_silent_worker(database, run_id)
    mine = await claim_run(database, run_id)
    assert mine is not None
    async with database.transaction() as session:
        await lease.next_days(session, mine, most=1)
    return mine


async def end(database: Database, mine: lease.Lease, day: date) -> None:
    """Bring the day that was begun to its end, and give the run back."""
    async with database.transaction() as session:
        await lease.record_day(session, mine, DayResult(day=day, state=RunDayState.PUBLISHED))
        await lease.release_lease(session, mine)


async def test_no_statement_reads_all_runs_that_ever_were(
    history: Database, tmp_path: Path, requests_sent: Sent
) -> None:
    await measured(sources_of(history, tmp_path))
    asked = [each for each in requests_sent if each[0].lstrip().startswith("SELECT")]

    async with history.engine.connect() as connection:
        plans = [
            "\n".join((await connection.exec_driver_sql(f"EXPLAIN {sql}", params)).scalars())  # type: ignore[arg-type]
            for sql, params in asked
        ]

    assert [plan for plan in plans if "Seq Scan on report_run" in plan] == []
    assert sum("report_runs" in plan for plan in plans) == 2


async def test_runs_are_counted_that_are_active_or_ended_within_a_day(
    history: Database, tmp_path: Path
) -> None:
    found = await measured(sources_of(history, tmp_path))

    assert found["runs", "churn", "ERROR"] == 24
    assert found["runs", "churn", "PENDING"] == 1


async def test_a_run_of_many_chunks_has_tried_each_of_its_days_once(
    database: Database, tmp_path: Path
) -> None:
    run = await new_run(database)
    for back in range(3):
        mine = await begin(database, run.id)
        await end(database, mine, run.day_from + timedelta(days=back))
    await begin(database, run.id)

    assert (await measured(sources_of(database, tmp_path)))["most_attempts", "churn"] == 1


async def test_a_day_that_kills_its_workers_was_tried_as_often_as_it_was_begun(
    database: Database, tmp_path: Path
) -> None:
    run = await new_run(database)
    for _ in range(4):
        await begin(database, run.id)

    assert (await measured(sources_of(database, tmp_path)))["most_attempts", "churn"] == 4


async def test_bytes_are_counted_before_the_first_is_read(
    database: Database, tmp_path: Path
) -> None:
    """A counter that appears with its first bytes misses them when it is asked what was added."""
    found = await measured(sources_of(database, tmp_path))

    assert found["warehouse_bytes_processed_total", "churn"] == 0
    assert found["warehouse_bytes_billed_total", "churn"] == 0


async def test_bytes_of_all_scans_and_questions_are_summed(
    database: Database, tmp_path: Path
) -> None:
    mine = await begin(database, (await new_run(database)).id)
    async with database.transaction() as session:
        await lease.add_usage(session, mine, Usage(rows=1, bytes_processed=5, bytes_billed=10))
        await store.count_usage(session, "churn", Usage(rows=1, bytes_processed=2, bytes_billed=3))

    found = await measured(sources_of(database, tmp_path))

    assert found["warehouse_bytes_processed_total", "churn"] == 7
    assert found["warehouse_bytes_billed_total", "churn"] == 13
