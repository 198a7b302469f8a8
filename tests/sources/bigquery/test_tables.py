"""What there is in a table, and of what shape."""

from datetime import date

import pytest

from app.kit.errors import Invalid
from app.sources.warehouse.activity import activity_cte
from app.sources.warehouse.contract import Extent
from tests.sources.bigquery.events import as_platform, flat_events
from tests.sources.bigquery.recorded_answers import dry_run
from tests.sources.bigquery.warehouse_factory import WarehouseFactory, question
from tests.support.lake import FLAT, PLATFORM

STANDARD = {"INTEGER": "INT64"}


@pytest.mark.parametrize("shape", [FLAT, PLATFORM], ids=["flat", "platform"])
async def test_both_shapes_are_recognised(
    make_warehouse: WarehouseFactory, shape: dict[str, str]
) -> None:
    rows = flat_events(40, 5)
    warehouse = make_warehouse(shape, rows if shape is FLAT else as_platform(rows))

    columns = await warehouse.columns()

    assert {name: STANDARD.get(kind, kind) for name, kind in columns.items()} == shape
    assert activity_cte(columns, warehouse.table)


@pytest.mark.parametrize("partitioned", [True, False])
async def test_the_days_and_rows_that_there_are(
    make_warehouse: WarehouseFactory, *, partitioned: bool
) -> None:
    rows = flat_events(400, 20)
    warehouse = make_warehouse(FLAT, rows, partitioned=partitioned)

    extent = await warehouse.extent()

    first, last = date(2026, 5, 1), date(2026, 5, 20)
    assert extent == Extent(oldest=first, newest=last, rows=rows.num_rows)


async def test_an_empty_table_has_nothing(make_warehouse: WarehouseFactory) -> None:
    assert await make_warehouse(FLAT, flat_events(40, 5).slice(0, 0)).extent() is None


async def test_a_table_of_another_shape_is_refused_by_name(
    make_warehouse: WarehouseFactory,
) -> None:
    warehouse = make_warehouse({"id": "STRING", "day": "DATE"}, flat_events(40, 5).slice(0, 0))

    with pytest.raises(Invalid, match="must have: user_id INT64"):
        activity_cte(await warehouse.columns(), warehouse.table)


async def test_an_estimate_is_what_the_dry_run_says(make_warehouse: WarehouseFactory) -> None:
    warehouse = make_warehouse(FLAT, flat_events(40, 5))
    make_warehouse.proxy.routes = [dry_run(123_456)]

    assert await warehouse.estimate(question(warehouse)) == 123_456
    assert make_warehouse.proxy.jobs == []
