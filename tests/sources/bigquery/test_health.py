"""What the doctor says of a table of BigQuery."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest

from app.sources.findings import Finding, Level
from app.sources.imports import ACTIVITY_COLUMNS, schema_of
from app.sources.warehouse.activity import activity_cte
from app.sources.warehouse.bigquery.access import Address
from app.sources.warehouse.bigquery.warehouse import PARTITIONS_SQL, TABLE_EXTENT_SQL, BigQuery
from app.sources.warehouse.contract import Param
from app.sources.warehouse.health import HEALTH_SQL, PERMISSIONS, check_bigquery
from tests.sources.bigquery.events import flat_events
from tests.sources.bigquery.fault_proxy import Route
from tests.sources.bigquery.recorded_answers import dry_run
from tests.sources.bigquery.warehouse_factory import WarehouseFactory
from tests.support.googlesql_reference import reference
from tests.support.lake import FLAT, PLATFORM

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
PARTITIONS = {"table_name": "STRING", "partition_id": "STRING", "total_rows": "INTEGER"}
AT: Mapping[str, Param] = {"start_at": NOW, "end_at": NOW, "now": NOW}


def roles(*held: str) -> Route:
    """Answer which permissions are held."""
    return Route(r"^POST .*:testIamPermissions", {"permissions": list(held)})


def changed(rows: pa.Table, **columns: pl.Expr) -> pa.Table:
    """Change columns of events."""
    return pl.DataFrame(rows).with_columns(**columns).to_arrow().cast(rows.schema)


async def look(warehouse: BigQuery) -> dict[str, Finding]:
    found = [finding async for finding in check_bigquery(warehouse, NOW)]
    return {finding.subject.removeprefix("bigquery").strip(): finding for finding in found}


async def test_a_table_as_it_should_be_is_only_described(make_warehouse: WarehouseFactory) -> None:
    make_warehouse.proxy.routes = [roles(*PERMISSIONS)]
    once = pl.DataFrame(flat_events(400, 20)).unique("id").filter(pl.col("timestamp") < NOW)

    found = await look(make_warehouse(FLAT, once.to_arrow().cast(schema_of(ACTIVITY_COLUMNS))))

    assert {subject: finding.level for subject, finding in found.items()} == dict.fromkeys(
        ["roles", "partitions", "clusters", "storage", "events", "clocks", "repeats", "academies"],
        Level.OK,
    )
    assert "the newest at 2026-05-20" in found["events"].said


@pytest.mark.parametrize(
    ("subject", "changes"),
    [
        ("clocks", {"timestamp": pl.col("timestamp") + timedelta(days=2)}),
        ("repeats", {"id": pl.lit("same")}),
        ("academies", {"academy_id": pl.lit(None, pl.Int64)}),
        ("events", {"timestamp": pl.col("timestamp") - timedelta(days=9)}),
    ],
)
async def test_events_that_are_not_right_are_pointed_at(
    make_warehouse: WarehouseFactory, subject: str, changes: dict[str, pl.Expr]
) -> None:
    make_warehouse.proxy.routes = [roles(*PERMISSIONS)]

    found = await look(make_warehouse(FLAT, changed(flat_events(400, 20), **changes)))

    assert found[subject].level is Level.WARNING


async def test_a_table_without_partitions_and_clusters_is_pointed_at(
    make_warehouse: WarehouseFactory,
) -> None:
    make_warehouse.proxy.routes = [roles(*PERMISSIONS)]

    found = await look(make_warehouse(FLAT, flat_events(40, 5), partitioned=False))

    assert found["partitions"].level is found["clusters"].level is Level.WARNING


async def test_a_role_that_is_missing_is_named(make_warehouse: WarehouseFactory) -> None:
    make_warehouse.proxy.routes = [roles("bigquery.tables.get")]

    found = await look(make_warehouse(FLAT, flat_events(40, 5)))

    assert found["roles"].level is Level.WRONG
    assert "lacks bigquery.tables.getData" in found["roles"].said
    assert "roles/bigquery.dataViewer" in found["roles"].said


async def test_a_day_too_large_to_look_at_is_left_alone(make_warehouse: WarehouseFactory) -> None:
    make_warehouse.proxy.routes = [roles(*PERMISSIONS), dry_run(1 << 40)]

    found = await look(make_warehouse(FLAT, flat_events(40, 5)))

    assert "would read 1,099,511,627,776 bytes" in found["events"].said
    assert make_warehouse.proxy.jobs == []


async def test_a_table_that_cannot_be_read_is_wrong(make_warehouse: WarehouseFactory) -> None:
    found = await look(make_warehouse.at(Address(project="shop", dataset="nowhere")))

    assert found[""].level is Level.WRONG


@pytest.mark.parametrize("columns", [FLAT, PLATFORM], ids=["flat", "platform"])
def test_google_accepts_the_doctors_question(columns: Mapping[str, str]) -> None:
    sql = f"WITH activity AS ({activity_cte(columns, 'events')}) {HEALTH_SQL}"

    assert reference().check(sql, AT, columns) == ["TYPE_INT64"] * 5


def test_google_accepts_the_questions_about_the_extent() -> None:
    partitions = PARTITIONS_SQL.format(partitions="events")

    days = ["TYPE_STRING", "TYPE_STRING"]
    assert reference().check(partitions, {"table": "x"}, PARTITIONS) == days
    assert reference().check(TABLE_EXTENT_SQL.format(table="events"), {}, FLAT) == [
        *days,
        "TYPE_INT64",
    ]
