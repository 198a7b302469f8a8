"""Rows of activity that a person can read, and DuckDB's answer over them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from app.sources.warehouse.base import Param
from app.sources.warehouse.dialect import to_duckdb
from tests.support.reference import Row, nested

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


def done(at: str, **changes: object) -> dict[str, object]:
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
