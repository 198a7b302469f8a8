"""Rows keep their values on the way into Postgres and out of it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import copy
from app.kit.db.arrow_reader import ArrowReader
from app.kit.db.engine import Database
from app.kit.errors import Invalid, SourceDown

TABLE = """
CREATE TABLE things (
    id bigint, small smallint, label text, amount float8, day date, at timestamptz, fine boolean
)
"""
READING = "SELECT pg_advisory_xact_lock_shared(7)::text"
OF_THE_READER = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%lock_shared(7)%' AND pid <> pg_backend_pid()
"""
WAITS = f"{OF_THE_READER} AND wait_event_type = 'Lock'"
THINGS = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "small": [7, None, -7],
        "label": ["ä", None, ""],
        "amount": [0.1, None, -1e300],
        "day": [date(2024, 2, 29), None, date(1969, 12, 31)],
        "at": [datetime(2024, 2, 29, 23, 59, 59, 999999, UTC), None, datetime(1, 1, 1, tzinfo=UTC)],
        "fine": [True, None, False],
    },
    schema_overrides={"small": pl.Int16, "at": pl.Datetime("us", "UTC")},
)


async def make(session: AsyncSession, statement: str = TABLE) -> None:
    await (await session.connection()).execute(text(statement))


async def count(session: AsyncSession, table: str = "things") -> int:
    counted = await (await session.connection()).execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
    return int(counted.scalar_one())


async def copy_and_fail(database: Database) -> None:
    async with database.transaction() as session:
        await copy.copy_in(session, "things", copy.encode(THINGS))
        raise Invalid("no")


async def test_a_copied_frame_is_read_back(database: Database) -> None:
    async with database.transaction() as session:
        await make(session)
        copied = await copy.copy_in(session, "things", copy.encode(THINGS))

    read = await copy.read_frame(database, "SELECT * FROM things ORDER BY id")

    assert copied == 3
    assert read.equals(THINGS)


async def test_a_frame_of_many_chunks_arrives_whole(session: AsyncSession) -> None:
    await make(session)
    rows = copy.ROWS_PER_CHUNK + 1

    encoded = copy.encode(pl.DataFrame({"id": range(rows)}))
    await copy.copy_in(session, "things", encoded)

    assert encoded.rows == rows
    assert await count(session) == rows


async def test_a_partitioned_and_a_temporary_table_are_written(session: AsyncSession) -> None:
    await make(session, "CREATE TABLE parts (id bigint) PARTITION BY RANGE (id)")
    await make(session, "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)")
    await make(session, "CREATE TEMP TABLE passing (id bigint)")
    encoded = copy.encode(THINGS.select("id"))

    for table in ("parts", "passing"):
        await copy.copy_in(session, table, encoded)

    assert (await count(session, "parts"), await count(session, "passing")) == (3, 3)


async def test_a_copy_is_undone_with_its_transaction(database: Database) -> None:
    async with database.transaction() as session:
        await make(session)

    with pytest.raises(Invalid):
        await copy_and_fail(database)

    async with database.transaction() as session:
        assert await count(session) == 0


async def test_an_error_of_the_batches_is_the_error_of_the_copy(session: AsyncSession) -> None:
    schema = pa.schema([("id", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"id": [1]}, schema=schema)
        raise Invalid("row 2")

    await make(session)

    with pytest.raises(Invalid, match="row 2"):
        await copy.copy_batches(session, "things", schema, batches())


async def test_parameters_are_bound_with_their_types(database: Database) -> None:
    sql = "SELECT $1::timestamptz AS at, $2::bigint[] IS NULL AS none, 3 = ANY($3::bigint[]) AS has"
    at = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(microseconds=1)

    read = await copy.read_frame(database, sql, [at, None, [1, 3]])

    assert read.row(0) == (at, True, True)
    assert read.schema["at"] == pl.Datetime("us", "UTC")


async def test_a_database_that_is_not_there_is_down() -> None:
    with pytest.raises(SourceDown, match="does not answer"):
        await copy.read_frame(Database("postgresql://nobody@/none?host=/nowhere"), "SELECT 1")


async def test_a_read_in_flight_at_shutdown_leaves_no_connection(
    database: Database,
) -> None:
    reader = ArrowReader(database.url)
    async with database.engine.connect() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(7)"))
        reading = asyncio.create_task(asyncio.to_thread(reader.read, READING))
        async with asyncio.timeout(30), database.engine.connect() as watch:
            while not await watch.scalar(text(WAITS)):
                await watch.rollback()
        reader.close()
    assert (await reading).height == 1

    async with asyncio.timeout(30), database.engine.connect() as watch:
        while await watch.scalar(text(OF_THE_READER)):
            await watch.rollback()


HASHED = pl.DataFrame(
    {
        "day": [date(2024, 2, 29), None],
        "id": [1, 2],
        "small": [7, None],
        "amount": [0.1, None],
        "label": ["ä", None],
        "fine": [None, True],
    },
    schema_overrides={"small": pl.Int16},
)


def test_the_hash_of_a_frame_is_the_same_in_every_version() -> None:
    hashed = copy.content_sha256(HASHED).hex()

    assert hashed == "2bd6714410e283f8ab08b3ae3348ddc81c822b7938a6d59cdc6e1e6ac11c63dc"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(HASHED.reverse(), id="another order"),
        pytest.param(HASHED.rename({"label": "name"}), id="another name"),
        pytest.param(HASHED.cast({"small": pl.Int32}), id="another type"),
        pytest.param(HASHED.with_columns(small=pl.col("small").fill_null(0)), id="0 for NULL"),
        pytest.param(HASHED.with_columns(label=pl.col("label").fill_null("")), id="no text"),
        pytest.param(HASHED.with_columns(fine=pl.col("fine").fill_null(value=False)), id="false"),
        pytest.param(HASHED.head(1), id="fewer rows"),
        pytest.param(HASHED.clear(), id="no rows"),
    ],
)
def test_frames_that_differ_have_another_hash(other: pl.DataFrame) -> None:
    assert copy.content_sha256(other) != copy.content_sha256(HASHED)


def test_the_hash_ignores_the_memory_layout() -> None:
    in_parts = pl.concat([HASHED.head(1), HASHED.tail(1)], rechunk=False)
    cut_out = pl.concat([HASHED, HASHED, HASHED]).slice(2, 2)

    assert copy.content_sha256(in_parts) == copy.content_sha256(HASHED)
    assert copy.content_sha256(cut_out) == copy.content_sha256(HASHED)
