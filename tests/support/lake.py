"""Rows of activity that a person can read, and DuckDB's answer over them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from app.kit.days import end_of, start_of
from app.sources.imports import ACTIVITY_COLUMNS, CheckedRows, schema_of
from app.sources.warehouse.contract import Param, Query
from app.sources.warehouse.dialect import to_duckdb
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.googlesql_reference import Row, nested

UTC_ZONE = ZoneInfo("UTC")
FLAT = {
    "id": "STRING",
    "user_id": "INT64",
    "kind": "STRING",
    "timestamp": "TIMESTAMP",
    "academy_id": "INT64",
    "related_id": "INT64",
    "task_status": "STRING",
}
PLATFORM = {
    "id": "STRING",
    "user_id": "INT64",
    "kind": "STRING",
    "timestamp": "TIMESTAMP",
    "related.type": "STRING",
    "related.id": "INT64",
    "related.slug": "STRING",
    "meta.email": "STRING",
    "meta.academy": "INT64",
    "meta.task_status": "STRING",
}
_ARROW = {
    "INT64": pa.int64(),
    "STRING": pa.string(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


def event(at: str | None, kind: str | None = "login", **changes: object) -> dict[str, object]:
    """Build one row of the flat shape; `at` is an instant in UTC."""
    timestamp = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None
    row = {"id": f"{kind} {at}", "user_id": 1, "kind": kind, "timestamp": timestamp}
    return {**row, "academy_id": 7, "related_id": None, "task_status": None, **changes}


def completed_assignment(at: str, **changes: object) -> dict[str, object]:
    """Build the row of a completed assignment."""
    return event(at, "assignment_status_updated", **{"task_status": "DONE", **changes})


def as_platform(row: Row) -> dict[str, object]:
    """Give a row of the flat shape that of the platform."""
    return {
        **{name: row[name] for name in ("id", "user_id", "kind", "timestamp")},
        "related": {"type": "assignments.Task", "id": row["related_id"]},
        "meta": {"academy": row["academy_id"], "task_status": row["task_status"]},
    }


def duckdb_rows(
    sql: str, params: Mapping[str, Param], columns: Mapping[str, str], rows: Sequence[Row]
) -> list[tuple[int, ...]]:
    """Answer a query in BigQuery's dialect over `rows` of the table `events`."""
    schema = pa.schema([(name, _arrow(kind)) for name, kind in nested(columns).items()])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("events", pa.Table.from_pylist(list(rows), schema))
        return connection.execute(to_duckdb(sql), dict(params)).fetchall()


def _arrow(kind: str | Mapping[str, str]) -> pa.DataType:
    if isinstance(kind, str):
        return _ARROW[kind]
    return pa.struct([(name, _arrow(each)) for name, each in kind.items()])


def batches(rows: Sequence[Row], size: int = 2) -> CheckedRows:
    """Give rows as an import reads them, a few at a time."""
    schema = schema_of(ACTIVITY_COLUMNS)
    table = pa.Table.from_pylist(list(rows), schema)
    return CheckedRows(iter(table.to_batches(max_chunksize=size)), name="activity")


async def read(lake: Lake, first: date, last: date, select: str = "id") -> list[tuple[object, ...]]:
    """Return some columns of the lake's rows from the start of `first` to the end of `last`."""
    found: list[pa.RecordBatch] = []
    await lake.run(activity_query(lake, first, last, select), found.append)
    return sorted((tuple(row.values()) for batch in found for row in batch.to_pylist()), key=str)


def activity_query(lake: Lake, first: date, last: date, select: str = "id") -> Query:
    """Build the query for some columns of the days from `first` to `last`."""
    return Query(
        sql=f"SELECT {select} FROM {lake.table}"  # noqa: S608 - our own words
        " WHERE timestamp >= @start_at AND timestamp < @end_at",
        params={"start_at": start_of(first, UTC_ZONE), "end_at": end_of(last, UTC_ZONE)},
    )
