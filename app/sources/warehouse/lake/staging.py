"""What an import of activity brings, parted by day beside the lake."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from app.sources.imports import ACTIVITY_COLUMNS, CheckedRows, schema_of
from app.sources.warehouse.duckdb_engine import Work
from app.sources.warehouse.lake.days import quoted, read_days

DAYS_AT_ONCE = 100


def staged_in(staging: Path) -> Path:
    """Return the file of all rows."""
    return staging / "all.parquet"


def stage(work: Work, rows: CheckedRows, staging: Path) -> int:
    """Write the checked rows into one file, a batch in memory at a time; return how many."""
    schema, read = schema_of(ACTIVITY_COLUMNS), 0
    with pq.ParquetWriter(staged_in(staging), schema, compression="zstd") as writer:
        for batch in rows:
            work.go_on()
            writer.write_batch(batch.cast(schema))
            read += batch.num_rows
    return read


def part(work: Work, staging: Path) -> Sequence[tuple[date, int]]:
    """Part the staged rows by their UTC day; return each day and its rows.

    Each day that is written has memory of its own, so many days are put in order first and then
    parted a few at a time.
    """
    with work.connect() as connection:
        read_days(connection, [staged_in(staging)]).create_view("staged")
        days: list[tuple[date, int]] = connection.execute(
            "SELECT CAST(timestamp AS DATE) AS day, count(*) FROM staged"
            " WHERE timestamp IS NOT NULL GROUP BY day ORDER BY day"
        ).fetchall()
        if len(days) > DAYS_AT_ONCE:
            ordered = staging / "ordered.parquet"
            connection.execute(
                f"COPY (SELECT * FROM staged ORDER BY timestamp)"  # noqa: S608 - our folder
                f" TO '{quoted(ordered)}' (FORMAT parquet, COMPRESSION zstd)"
            )
            read_days(connection, [ordered]).create_view("staged", replace=True)
        for at in range(0, len(days), DAYS_AT_ONCE):
            work.go_on()
            some = [day for day, _ in days[at : at + DAYS_AT_ONCE]]
            _write_days(connection, staging / "days", some[0], some[-1])
    return days


def _write_days(
    connection: duckdb.DuckDBPyConnection, folder: Path, first: date, last: date
) -> None:
    connection.execute(
        "COPY (SELECT *, CAST(timestamp AS DATE) AS day FROM staged"  # noqa: S608 - our folder
        f" WHERE timestamp BETWEEN '{first} 00:00:00+00' AND '{last} 23:59:59.999999+00')"
        f" TO '{quoted(folder)}'"
        " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), OVERWRITE_OR_IGNORE)"
    )
