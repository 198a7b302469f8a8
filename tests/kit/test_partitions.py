"""Months that several need at once, and what the planner knows of a day just written."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.kit.db import partitions
from app.kit.db.engine import Database
from app.kit.db.partitions import count_days, ensure_months

DAY = date(2026, 5, 22)
TABLE = "days"
MOST_TRIED = 3
KNOWN_SQL = """
SELECT most_common_vals::text FROM pg_stats
WHERE tablename = :partition AND attname = 'report_date'
"""


async def known(database: Database) -> str | None:
    async with database.transaction() as session:
        connection = await session.connection()
        found: str | None = await connection.scalar(
            text(KNOWN_SQL), {"partition": f"{TABLE}_202605"}
        )
    return found


@pytest.fixture
async def partitioned_database(database: Database) -> Database:
    """A database with a table of days that has no partition."""
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text(f"CREATE TABLE {TABLE} (report_date date) PARTITION BY RANGE (report_date)")
        )
    return database


async def test_concurrent_callers_make_each_month_once(
    partitioned_database: Database,
) -> None:
    """One that waited for another must see what that one made."""
    months = [DAY, DAY + timedelta(days=31)]

    made = await asyncio.gather(
        *(ensure_months(partitioned_database, TABLE, months) for _ in range(8))
    )

    assert sum(made) == len(months)


async def test_a_partition_waits_for_the_tables_lock(
    partitioned_database: Database, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT_MS", 20)
    async with partitioned_database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(f"LOCK TABLE {TABLE} IN SHARE UPDATE EXCLUSIVE MODE"))
        making = asyncio.create_task(ensure_months(partitioned_database, TABLE, [DAY]))
        while sum("ATTACH" in sent for sent in statements) < MOST_TRIED and not making.done():  # noqa: ASYNC110 - of another
            await asyncio.sleep(0.01)

    assert await making == 1


async def test_a_counted_day_is_known_to_the_planner(partitioned_database: Database) -> None:
    database = partitioned_database
    await ensure_months(database, TABLE, [DAY])
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text(f"INSERT INTO {TABLE} SELECT '{DAY}' FROM generate_series(1, 100)")  # noqa: S608
        )

    before = await known(database)
    await count_days(database, TABLE, [DAY])

    assert before is None
    assert await known(database) == "{2026-05-22}"
