"""A whole report from BigQuery, beside the lake's of the same events."""

from datetime import date
from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.privacy.erasure import erase
from app.runs.models import RunDayState
from app.sources.warehouse.bigquery.access import Address
from tests.sources.bigquery.events import as_platform, flat_events
from tests.sources.bigquery.warehouse_factory import (
    WarehouseFactory,
    lake_of,
    put_subscribers,
    reading,
    states,
)
from tests.support.lake import PLATFORM
from tests.support.report_runs import NOW, exported, run_days

FIRST, LAST = date(2026, 5, 14), date(2026, 5, 20)


async def test_an_erasure_leaves_the_platforms_table_alone_and_does_not_claim_otherwise(
    make_warehouse: WarehouseFactory, database: Database
) -> None:
    warehouse = make_warehouse.at(Address(project="shop", dataset="academy"))

    async with database.transaction() as session:
        deleted = await erase(session, warehouse, 1, NOW)
    await warehouse.tidy()

    assert "activity" not in deleted
    assert make_warehouse.proxy.passed == []


@pytest.mark.parametrize(
    ("events", "users"),
    [(4_000, 90), pytest.param(120_000, 2_000, marks=pytest.mark.prove)],
)
async def test_the_platforms_table_reports_what_the_lake_does(
    make_warehouse: WarehouseFactory, database: Database, tmp_path: Path, events: int, users: int
) -> None:
    flat = flat_events(events, users)
    await put_subscribers(database, users)
    bigquery = reading(make_warehouse(PLATFORM, as_platform(flat)), tmp_path, database)
    lake = await lake_of(database, tmp_path, flat)

    published = await run_days(bigquery, FIRST, LAST)
    rows = await exported(bigquery, FIRST, LAST)
    again = await run_days(lake, FIRST, LAST)

    assert states(published) == {RunDayState.PUBLISHED}
    assert states(again) == {RunDayState.UNCHANGED}
    assert (rows.height, rows["last_active_on"].n_unique() > 3) == (users * 7, True)
    assert rows.equals(await exported(lake, FIRST, LAST))
    assert len(make_warehouse.proxy.jobs) == 1
