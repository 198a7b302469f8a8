"""PostgreSQL advisory locks, by name: for the rest of a transaction, or across several of them.

A lock across transactions belongs to the connection that took it. Its holder keeps no transaction
open while it waits for a foreign system. If the connection is lost, the server releases the lock,
and the next transaction on that connection fails.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Connection, Database

LOCK_KEY_SQL = "hashtextextended(:name, 0)"
TRANSACTION_SQL = text(f"SELECT pg_advisory_xact_lock({LOCK_KEY_SQL})")
SHARED_TRANSACTION_SQL = text(f"SELECT pg_advisory_xact_lock_shared({LOCK_KEY_SQL})")
TRY_KEY_SQL = text("SELECT pg_try_advisory_lock(:key)")


async def lock_transaction(session: AsyncSession, name: str) -> None:
    """Wait for the exclusive lock `name`, and hold it until the transaction ends."""
    await (await session.connection()).execute(TRANSACTION_SQL, {"name": name})


async def lock_transaction_shared(session: AsyncSession, name: str) -> None:
    """Wait for a shared lock `name`, and hold it until the transaction ends."""
    await (await session.connection()).execute(SHARED_TRANSACTION_SQL, {"name": name})


async def try_lock_key(connection: AsyncConnection, key: int) -> bool:
    """Take the lock with a number for a key until the connection closes; False if it is taken."""
    return bool(await connection.scalar(TRY_KEY_SQL, {"key": key}))


@asynccontextmanager
async def hold_lock(
    database: Database, name: str, *, shared: bool = False
) -> AsyncIterator[Connection]:
    """Wait for the lock `name` and hold it in the context; yield the connection that has it."""
    kind = "_shared" if shared else ""
    async with database.connection() as connection:
        await _call(connection, f"pg_advisory_lock{kind}", name)
        try:
            yield connection
        finally:
            await _release(connection, name, kind)


@asynccontextmanager
async def try_hold_lock(database: Database, name: str) -> AsyncIterator[Connection | None]:
    """Hold the lock `name` in the context without waiting; yield None if another one has it."""
    async with database.connection() as connection:
        if not await _call(connection, "pg_try_advisory_lock", name):
            yield None
            return
        try:
            yield connection
        finally:
            await _release(connection, name, "")


async def _release(connection: Connection, name: str, kind: str) -> None:
    with suppress(DBAPIError):  # a lost connection has released the lock already
        await _call(connection, f"pg_advisory_unlock{kind}", name)


async def _call(connection: Connection, function: str, name: str) -> bool:
    """Call a function of advisory locks; return False only if it returned false."""
    sql = text(f"SELECT {function}({LOCK_KEY_SQL})")
    async with connection.transaction() as session:
        return await (await session.connection()).scalar(sql, {"name": name}) is not False
