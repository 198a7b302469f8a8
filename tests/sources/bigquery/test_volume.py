"""A held day is asked of BigQuery: what comes back, and what it costs."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from app.kit.clock import utc_now
from app.kit.days import days_between
from app.kit.db.engine import Database
from app.reports.churn.report import ChurnReport
from app.runs.ledger import ledger
from app.runs.ledger.due_days import ask_due
from app.runs.ledger.quality_gate import DayState
from app.runs.models import VolumeQuestion
from app.sources.warehouse.bigquery.access import Address
from app.sources.warehouse.bigquery.warehouse import BigQuery
from app.sources.warehouse.budget import spent_on
from tests.sources.bigquery.emulator import put_table
from tests.sources.bigquery.events import as_platform, flat_events
from tests.sources.bigquery.recorded_answers import (
    dry_run,
    job,
    job_made,
    no_rows,
)
from tests.sources.bigquery.warehouse_factory import (
    WarehouseFactory,
    lake_of,
    put_subscribers,
    reading,
)
from tests.support.lake import PLATFORM
from tests.support.report_runs import worker_context

LAST = date(2026, 5, 20)
MORNING = datetime(2026, 5, 21, 2, tzinfo=UTC)
EVENTS, USERS = 4_000, 90


@pytest.fixture
async def address(make_warehouse: WarehouseFactory, database: Database) -> Address:
    """The platform's table; of three academies, two are held on the last day."""
    await put_subscribers(database, USERS)
    async with database.transaction() as session:
        for day in days_between(LAST - timedelta(days=30), LAST):
            for academy_id in range(4):
                is_held = day == LAST and academy_id in (1, 2)
                values = {
                    "state": DayState.HELD if is_held else DayState.PUBLISHED,
                    "revision": day.toordinal(),
                    "run_id": UUID(int=1),
                    "active_by_day": [25] * 14 if academy_id else None,
                    "updated_at": MORNING - timedelta(hours=1),
                }
                await ledger.write_ledger_day(session, "churn", day, academy_id, values)
    events = as_platform(flat_events(EVENTS, USERS))
    return put_table(make_warehouse.shared_emulator.endpoint, PLATFORM, events)


async def asked(warehouse: BigQuery, home: Path, database: Database) -> list[VolumeQuestion]:
    """Wake on the morning after; return the questions that were answered."""
    sources = reading(warehouse, home, database)
    run = await ask_due("churn", worker_context(sources, clock=lambda: MORNING))
    assert run is None
    async with database.transaction() as session:
        return list((await session.exec(select(VolumeQuestion))).all())


async def test_the_count_is_what_the_lake_counts(
    make_warehouse: WarehouseFactory, address: Address, database: Database, tmp_path: Path
) -> None:
    lake = await lake_of(database, tmp_path, flat_events(EVENTS, USERS))
    days = [date(2026, 5, 3), date(2026, 5, 4), date(2026, 5, 12)]

    of_the_lake = await ChurnReport(lake).count_active(days, [1, 2], {})
    bigquery = reading(make_warehouse.at(address), tmp_path, database)
    counted = await ChurnReport(bigquery).count_active(days, [1, 2], {})

    assert counted.active == of_the_lake.active
    assert {len(counts) for counts in counted.active.values()} == {2}
    assert all(count > 0 for counts in counted.active.values() for count in counts.values())
    assert len(make_warehouse.proxy.jobs) == 2


async def test_held_academies_are_one_job_and_what_it_billed_is_kept(
    make_warehouse: WarehouseFactory, address: Address, database: Database, tmp_path: Path
) -> None:
    make_warehouse.proxy.routes = [job_made(job(bytes_processed=900, bytes_billed=1000)), no_rows()]

    (question,) = await asked(make_warehouse.at(address), tmp_path, database)

    assert (question.bytes_processed, question.bytes_billed) == (900, 1000)
    assert len(make_warehouse.proxy.jobs) == 1
    async with database.transaction() as session:
        assert await spent_on(session, utc_now()) == 1000


async def test_a_question_that_the_days_bytes_do_not_suffice_for_is_not_asked(
    make_warehouse: WarehouseFactory, address: Address, database: Database, tmp_path: Path
) -> None:
    make_warehouse.proxy.routes = [dry_run(600)]

    assert await asked(make_warehouse.at(address, daily_bytes=500), tmp_path, database) == []

    assert make_warehouse.proxy.jobs == []
