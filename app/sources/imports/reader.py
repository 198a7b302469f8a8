"""Rows of a file, checked and typed, a batch at a time in bounded memory."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from app.kit.errors import Invalid
from app.sources.imports import checks
from app.sources.imports.columns import Column, expectation, schema_of
from app.sources.imports.faults import (
    MAX_LISTED,
    RowFault,
    refusal,
    wrong_value,
)
from app.sources.imports.formats import (
    FileRelation,
    lines_of,
    open_rows,
    readable,
)

FILE_ROWS_PER_BATCH = 65_536

Lines = Callable[[Collection[int]], Mapping[int, int]]


def no_lines(_rows: Collection[int]) -> Mapping[int, int]:
    """Say that rows are not lines of text."""
    return {}


class CheckedRows(Iterator[pa.RecordBatch]):
    """Batches of rows that were checked, and where they come from."""

    def __init__(
        self,
        batches: Iterator[pa.RecordBatch],
        *,
        name: str,
        ignored_columns: tuple[str, ...] = (),
        lines: Lines = no_lines,
    ) -> None:
        self.name = name
        self.ignored_columns = ignored_columns
        self._batches = batches
        self._lines = lines

    def __next__(self) -> pa.RecordBatch:
        return next(self._batches)

    def refusal(self, faults: Sequence[RowFault], total: int) -> Invalid:
        """Return the error that lists these faults of the file's rows, and counts them all."""
        return refusal(self.name, faults, total, self._lines({fault.row for fault in faults}))


def read_batches(
    path: Path,
    columns: Sequence[Column],
    *,
    now: datetime,
    memory: str = "512MB",
    threads: int = 2,
) -> CheckedRows:
    """Open a file as batches with exactly `columns`, in the order of its rows.

    Types are Arrow's string, int64, float64 and timestamp[us, UTC]; an instant without an
    offset is UTC, text is trimmed, empty text is NULL, a column that the file lacks is NULL.
    Raises `Invalid`: at once for a file that cannot be read or lacks a required column, while
    iterating for rows with a value that a column does not take.
    """
    connection = duckdb.connect(config={"memory_limit": memory, "threads": threads})
    connection.execute("SET TimeZone = 'UTC'")
    opened = open_rows(connection, path, columns)

    def lines(rows: Collection[int]) -> Mapping[int, int]:
        return lines_of(path, rows)

    batches = _checked(connection, opened, path, columns, now)
    return CheckedRows(batches, name=path.name, ignored_columns=opened.ignored, lines=lines)


def _checked(
    connection: duckdb.DuckDBPyConnection,
    opened: FileRelation,
    path: Path,
    columns: Sequence[Column],
    now: datetime,
) -> Iterator[pa.RecordBatch]:
    schema = schema_of(columns)
    rows = opened.relation.project(checks.typed(columns, opened.types))
    with readable(path), connection:
        for batch in rows.project(checks.checked(columns, now)).to_arrow_reader(
            FILE_ROWS_PER_BATCH
        ):
            if not pc.all(batch["fine"], min_count=0).as_py():
                raise _refused(opened, path, columns, now)
            yield batch.drop_columns(["fine"]).cast(schema)


def _refused(opened: FileRelation, path: Path, columns: Sequence[Column], now: datetime) -> Invalid:
    """Read the file again for its faults: the first ones, and how many there are."""
    names = [f'"found_{column.name}"' for column in columns]
    numbered = ", ".join(
        [
            checks.typed(columns, opened.types),
            checks.texts(columns, opened.types),
            "row_number() OVER () AS row",
        ]
    )
    faulty = opened.relation.project(numbered).project(checks.found(columns, now))
    counts = " + ".join(f"count({name})" for name in names)
    counted = faulty.aggregate(counts).fetchone() or (0,)
    listed = faulty.filter(f"coalesce({', '.join(names)}) IS NOT NULL").order("row")
    faults = [
        wrong_value(row, column.name, found, expectation(column))
        for row, *all_found in listed.limit(MAX_LISTED).fetchall()
        for column, found in zip(columns, all_found, strict=True)
        if found is not None
    ][:MAX_LISTED]
    return refusal(path.name, faults, counted[0], lines_of(path, {f.row for f in faults}))
