"""A report's stored rows as a file, every column of its main table by default."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
from adbc_driver_postgresql import dbapi
from sqlalchemy import JSON, Column, Enum, Uuid

from app.kit.http.formats import FORMULA
from app.runs.contract import BaseReport
from app.runs.ledger.tables import ACADEMY_COLUMN, DAY_COLUMN

DETAILS_COLUMN = "details"


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    NDJSON = "ndjson"


COPY_OPTIONS = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    Format.NDJSON: "FORMAT json",
}


def export_sql(report: type[BaseReport]) -> str:
    """Return the report's own export, or else all of its main table in the order of the key.

    Its parameters are the first day, the last day and an academy, or NULL for all.
    """
    if report.export_sql is not None:
        return report.export_sql
    table = report.tables[0]
    columns = ", ".join(_exported(column) for column in table.table.columns)
    return (
        f"SELECT {columns} FROM {table.name}"  # noqa: S608 - our own names
        f" WHERE {DAY_COLUMN} BETWEEN $1 AND $2 AND ($3::bigint IS NULL OR {ACADEMY_COLUMN} = $3)"
        f" ORDER BY {', '.join(table.key)}"
    )


def _exported(column: Column[Any]) -> str:
    """Write a column as the driver can read it: what has no type in Arrow is text."""
    is_text = isinstance(column.type, Uuid | JSON | Enum)
    return f"{column.name}::text AS {column.name}" if is_text else column.name


async def export(
    url: str, sql: str, params: Sequence[date | int | None], target: Path, form: Format
) -> int:
    """Write what `sql` selects into `target`; return the number of rows.

    A column `details`, if there is one, is text that holds JSON, and is written as such.

    Streamed in bounded memory. Raises what the driver or DuckDB raise.
    """
    return await to_thread(_export, url, sql, params, target, form)


def _selection(stored: duckdb.DuckDBPyRelation, form: Format) -> str:
    """Write the question for all columns; in a CSV, text that would be a formula is marked."""
    replaced = ["details::JSON AS details"] if DETAILS_COLUMN in stored.columns else []
    if form is Format.CSV:
        replaced += [
            f"if(regexp_matches({name}, '{FORMULA}'), chr(39), '') || {name} AS {name}"
            for name, kind in zip(stored.columns, stored.types, strict=True)
            if kind == "VARCHAR" and name != DETAILS_COLUMN
        ]
    changed = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    return f"SELECT *{changed} FROM stored"  # noqa: S608 - our own columns


def _export(
    url: str, sql: str, params: Sequence[date | int | None], target: Path, form: Format
) -> int:
    with (
        dbapi.connect(url) as connection,
        connection.cursor() as cursor,
        duckdb.connect(config={"threads": 1}) as engine,
    ):
        cursor.execute(sql, list(params))
        engine.register("stored", cursor.fetch_record_batch())
        selected = engine.sql(_selection(engine.table("stored"), form))
        selected.create_view("selected")
        quoted = str(target).replace("'", "''")
        rows = engine.execute(f"COPY selected TO '{quoted}' ({COPY_OPTIONS[form]})").fetchone()
        return int(rows[0]) if rows else 0
