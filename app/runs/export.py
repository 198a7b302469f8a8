"""A report's stored rows as a file: every column of the table, and the breakdown as JSON."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path

import duckdb
from adbc_driver_postgresql import dbapi

from app.kit.http.formats import FORMULA


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    NDJSON = "ndjson"


COPY_OPTIONS = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
    Format.NDJSON: "FORMAT json",
}


async def export(
    url: str, sql: str, params: Sequence[date | int | None], target: Path, form: Format
) -> int:
    """Write what `sql` selects into `target` and return the rows; `details` is JSON.

    Streamed in bounded memory. Raises what the driver or DuckDB raise.
    """
    return await to_thread(_export, url, sql, params, target, form)


def _selection(stored: duckdb.DuckDBPyRelation, form: Format) -> str:
    """Write the question for all columns; in a CSV, text that would be a formula is marked."""
    replaced = ["details::JSON AS details"]
    if form is Format.CSV:
        replaced += [
            f"if(regexp_matches({name}, '{FORMULA}'), chr(39), '') || {name} AS {name}"
            for name, kind in zip(stored.columns, stored.types, strict=True)
            if kind == "VARCHAR" and name != "details"
        ]
    return f"SELECT * REPLACE ({', '.join(replaced)}) FROM stored"  # noqa: S608 - our own columns


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
