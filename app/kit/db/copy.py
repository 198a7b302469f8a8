"""Moves frames between Polars and PostgreSQL: reads them as Arrow, writes with binary COPY."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.failures import DOWN, Unavailable, translate_failures

ROWS_PER_CHUNK = 65_536
HASHED_TYPE_NAMES: Mapping[pl.DataType, str] = MappingProxyType(
    {
        pl.Int16(): "int16",
        pl.Int32(): "int32",
        pl.Int64(): "int64",
        pl.Float64(): "float64",
        pl.Boolean(): "boolean",
        pl.Date(): "date",
        pl.String(): "text",
    }
)
"""The names of the column types that `content_sha256` accepts, as they are hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRows:
    """Rows in the format of binary COPY."""

    columns: tuple[str, ...]
    rows: int
    chunks: tuple[bytes, ...]


def encode(table: pa.Table | pl.DataFrame) -> EncodedRows:
    """Encode `table` for `copy_in`.

    A column's type must be that of the database's column: Int16, Int32, Int64 and Float64 for
    the numbers, Date, Datetime in microseconds, Boolean, String, Binary.
    """
    arrow = table.to_arrow() if isinstance(table, pl.DataFrame) else table
    batches = arrow.to_batches(max_chunksize=ROWS_PER_CHUNK)
    return EncodedRows(
        columns=tuple(arrow.column_names),
        rows=arrow.num_rows,
        chunks=tuple(_chunks(arrow.schema, batches)),
    )


def content_sha256(frame: pl.DataFrame) -> bytes:
    """Hash the names, types and values of a frame, in a form that no library's version changes.

    A column is its name, its type and the number of its rows on a line; a byte for each row, 1
    where it is NULL; then the values, NULL as 0: numbers little-endian in the width of their type,
    days since 1970-01-01 in 4 bytes, booleans in 1. Text is a column of its lengths in bytes, in 4
    bytes each, followed by all of it in UTF-8.
    """
    content = hashlib.sha256()
    for column in frame:
        content.update(f"{column.name} {HASHED_TYPE_NAMES[column.dtype]} {column.len()}\n".encode())
        content.update(_bytes_of(column.is_null().cast(pl.UInt8)))
        if column.dtype == pl.String:
            text = column.fill_null("")
            content.update(_bytes_of(text.str.len_bytes()))
            content.update(str(text.str.join("").item()).encode())
        elif column.dtype == pl.Boolean:
            content.update(_bytes_of(column.cast(pl.UInt8).fill_null(0)))
        else:
            content.update(_bytes_of(column.to_physical().fill_null(0)))
    return content.digest()


def _bytes_of(numbers: pl.Series) -> memoryview:
    """Return the memory that holds a column of numbers without NULLs."""
    array = numbers.rechunk().to_arrow()
    width = array.type.bit_width // 8
    return memoryview(array.buffers()[1])[array.offset * width :][: len(array) * width]


async def copy_in(session: AsyncSession, table_name: str, encoded: EncodedRows) -> int:
    """Write the rows into a table, partitioned or temporary too; return how many."""
    return await _copy(session, table_name, encoded.columns, _each(encoded.chunks))


async def copy_batches(
    session: AsyncSession, table_name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> int:
    """Write batches as they arrive, holding one in memory at a time; return the number of rows."""
    chunks = _in_threads(_chunks(schema, batches))
    return await _copy(session, table_name, schema.names, chunks)


async def read_frame(database: Database, sql: str, params: Sequence[object] = ()) -> pl.DataFrame:
    """Return what `sql` (with `$1`, `$2`) selects, on a connection of its own.

    Only what is committed is seen. Instants come as Datetime in microseconds, UTC. A `numeric`
    has no type in Arrow: cast it to `float8`. Raises `SourceDown`.
    """
    with translate_failures():
        return await asyncio.to_thread(database.arrow.read, sql, params)


def _chunks(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    encoder = ArrowToPostgresBinaryEncoder(schema)
    yield encoder.write_header()
    for batch in batches:
        yield encoder.write_batch(batch)
    yield encoder.finish()


async def _copy(
    session: AsyncSession,
    table_name: str,
    columns: Sequence[str],
    chunks: AsyncIterator[bytes],
) -> int:
    """COPY inside the session's transaction, which a statement of SQLAlchemy's begins."""
    await session.flush()
    connection = await session.connection()
    await connection.execute(text("SELECT 1"))
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise Unavailable(DOWN)
    tag: str = await raw.copy_to_table(
        table_name, source=chunks, columns=list(columns), format="binary"
    )
    return int(tag.removeprefix("COPY "))


async def _each(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk
