"""Month partitions, made before they are needed and without blocking a reader."""

import calendar
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.locks import lock_transaction
from app.kit.failures import is_transient

PARTITION_EXISTS_SQL = text(
    "SELECT EXISTS (SELECT FROM pg_class WHERE relname = :name AND pg_table_is_visible(oid))"
)
"""Reads the catalog itself: `to_regclass` would answer from a cache, which a wait leaves stale."""
LOCK_TIMEOUT_MS = 5_000
MAX_ATTACH_TRIES = 12
MONTH_DIGITS = len("202603")


def is_monthly(table: Table) -> bool:
    """Return whether a table is partitioned, which is always by month of its `report_date`."""
    return table.dialect_options["postgresql"]["partition_by"] is not None


def is_partition(name: str, tables: Mapping[str, Table]) -> bool:
    """Return whether `name` is that of a month of one of the `tables`, such as `risks_202603`."""
    parent, _, month = name.rpartition("_")
    is_month = len(month) == MONTH_DIGITS and month.isdecimal()
    return is_month and parent in tables and is_monthly(tables[parent])


async def ensure_months(database: Database, table: str, days: Iterable[date]) -> int:
    """Make the partitions of `table` that hold `days`; return how many were new.

    Each is filled in as a table of its own and then attached: ATTACH lets readers go on, where
    CREATE TABLE ... PARTITION OF would wait for all of them and block those after it. One process
    at a time makes partitions of a table; others wait, and find them made. What holds the table
    meanwhile (a VACUUM, an index that is built) is waited for a minute, a few seconds at a time.
    """
    firsts = sorted({day.replace(day=1) for day in days})
    return sum([await _ensure_patiently(database, table, first) for first in firsts])


async def count_days(database: Database, table: str, days: Iterable[date]) -> None:
    """Let the planner know how many rows the `days` have that were just written.

    A day that no statistics know is taken to have one row: all of it is then read and sorted, or
    read again for each row of another day. A month is analysed by itself only when a tenth of it
    has changed, which takes longer from day to day.
    """
    for first in sorted({day.replace(day=1) for day in days}):
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.execute(text(f"ANALYZE {table}_{first:%Y%m} (report_date)"))


async def _ensure_patiently(
    database: Database, table: str, first: date, tries: int = MAX_ATTACH_TRIES
) -> bool:
    try:
        async with database.transaction() as session:
            return await _ensure_month(session, table, first)
    except DBAPIError as error:
        if tries == 1 or not is_transient(error):
            raise
    return await _ensure_patiently(database, table, first, tries - 1)


async def _ensure_month(session: AsyncSession, table: str, first: date) -> bool:
    name = f"{table}_{first:%Y%m}"
    connection = await session.connection()
    if await connection.scalar(PARTITION_EXISTS_SQL, {"name": name}):
        return False
    await lock_transaction(session, f"partitions/{table}")
    if await connection.scalar(PARTITION_EXISTS_SQL, {"name": name}):
        return False
    following = _next_month(first)
    bounds = f"FROM ('{first}') TO ('{following}')"
    within = f"report_date >= '{first}' AND report_date < '{following}'"
    for statement in (
        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}",
        f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"ALTER TABLE {name} ADD CONSTRAINT ck_{name}_month CHECK ({within})",
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {bounds}",
        f"ALTER TABLE {name} DROP CONSTRAINT ck_{name}_month",
    ):
        await connection.execute(text(statement))
    return True


def _next_month(first: date) -> date:
    days = calendar.monthrange(first.year, first.month)[1]
    return date.fromordinal(first.toordinal() + days)
