"""What the planner knows of a day that was just written."""

from datetime import date

from sqlalchemy import text

from app.kit.db import Database
from app.kit.partitions import count_days, ensure_months

DAY = date(2026, 5, 22)
TABLE = "days"
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


async def test_a_counted_day_is_known_to_the_planner(database: Database) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text(f"CREATE TABLE {TABLE} (report_date date) PARTITION BY RANGE (report_date)")
        )
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
