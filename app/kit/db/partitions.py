"""Creates month partitions before they are needed, without blocking readers."""

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
"""Reads the catalog: the cache that `to_regclass` uses may be stale after a wait for a lock."""
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
    """Create the partitions of `table` for `days`; return how many were missing.

    Each is created as a separate table and then attached: ATTACH does not block readers, while
    CREATE TABLE ... PARTITION OF waits for all of them and blocks those after it. One process at
    a time creates partitions of a table; others wait and then find them. A lock that another
    command holds (VACUUM, CREATE INDEX) is waited for during a minute, a few seconds at a time.
    """
    firsts = sorted({day.replace(day=1) for day in days})
    return sum([await _ensure_patiently(database, table, first) for first in firsts])


async def count_days(database: Database, table: str, days: Iterable[date]) -> None:
    """Analyse the months of `days`, so that the planner knows about the rows just written.

    It assumes one row for a day that the statistics do not have, and then chooses plans that read
    and sort the whole day, or read it again for each row of another day. Autovacuum analyses a
    month only when a tenth of it has changed, which takes longer the more days it has.
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
