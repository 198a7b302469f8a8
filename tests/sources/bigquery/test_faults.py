"""What fails between the client and the server: the run ends right, or says what is wrong."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.runs.models import RunDayState
from tests.sources.bigquery.emulator import put_table
from tests.sources.bigquery.events import as_platform, flat_events
from tests.sources.bigquery.fault_proxy import Fault
from tests.sources.bigquery.warehouse_factory import (
    LIMITS,
    WarehouseFactory,
    lake_of,
    put_subscribers,
    reading,
    states,
    users_of,
)
from tests.support.lake import PLATFORM
from tests.support.report_runs import exported, run_days

FIRST, LAST = date(2026, 5, 14), date(2026, 5, 16)
TABLE, JOB, ROWS = r"^GET .*/tables/", r"^POST .*/jobs\?", r"^GET .*/queries/"
IMPATIENT = replace(LIMITS, request_seconds=2)
HOPELESS = replace(LIMITS, request_seconds=2, retry_seconds=1)


@pytest.mark.parametrize("fault", Fault)
async def test_a_run_ends_right_after_a_fault_at_its_job(
    make_warehouse: WarehouseFactory, database: Database, tmp_path: Path, fault: Fault
) -> None:
    flat = flat_events(400, 20)
    await put_subscribers(database, 20)
    address = put_table(make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat))
    bigquery = reading(make_warehouse.at(address, limits=IMPATIENT), tmp_path, database)
    make_warehouse.proxy.faults = [(JOB, fault)]

    published = await run_days(bigquery, FIRST, LAST)
    again = await run_days(await lake_of(database, tmp_path, flat), FIRST, LAST)

    assert make_warehouse.proxy.faults == []
    assert states(published) == {RunDayState.PUBLISHED}
    assert states(again) == {RunDayState.UNCHANGED}
    assert len(make_warehouse.proxy.jobs) == 1


@pytest.mark.parametrize(
    ("request_of", "fault"),
    [
        *[(TABLE, fault) for fault in Fault],
        *[(ROWS, fault) for fault in Fault if fault is not Fault.SLOW],
        pytest.param(ROWS, Fault.SLOW, marks=pytest.mark.prove),  # the client waits two minutes
    ],
)
async def test_an_answer_is_whole_after_a_fault_around_its_job(
    make_warehouse: WarehouseFactory, request_of: str, fault: Fault
) -> None:
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(400, 20))
    )
    limits = replace(IMPATIENT, retry_seconds=300)
    make_warehouse.proxy.faults = [(request_of, fault)]

    answered = await users_of(make_warehouse.at(address, limits=limits))

    assert make_warehouse.proxy.faults == []
    assert answered == await users_of(make_warehouse.at(address))
    assert len(answered) == 20


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.UNAVAILABLE])
async def test_a_server_that_stays_away_fails_the_days_with_the_reason(
    make_warehouse: WarehouseFactory, database: Database, tmp_path: Path, fault: Fault
) -> None:
    await put_subscribers(database, 20)
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(40, 20))
    )
    bigquery = reading(make_warehouse.at(address, limits=HOPELESS), tmp_path, database)
    make_warehouse.proxy.faults = [(JOB, fault)] * 100

    failed = await run_days(bigquery, FIRST, LAST)

    assert states(failed) == {RunDayState.ERROR}
    assert {(day.error or "")[:24] for day in failed.days} == {"BigQuery did not answer:"}
    assert make_warehouse.proxy.jobs == []


async def test_an_answer_that_breaks_off_leaves_nothing_of_any_day(
    make_warehouse: WarehouseFactory, database: Database, tmp_path: Path
) -> None:
    await put_subscribers(database, 20)
    address = put_table(
        make_warehouse.shared_emulator.endpoint, PLATFORM, as_platform(flat_events(400, 20))
    )
    small = replace(HOPELESS, rows_per_page=10)
    bigquery = reading(make_warehouse.at(address, limits=small), tmp_path, database)
    make_warehouse.proxy.faults = [(ROWS + ".*pageToken=20", Fault.RESET)] * 100

    failed = await run_days(bigquery, FIRST, LAST)

    assert len(make_warehouse.proxy.faults) < 100
    assert states(failed) == {RunDayState.ERROR}
    assert (await exported(bigquery, FIRST, LAST)).height == 0
