"""Advisory locks that are held between transactions, on the connection that does them.

Whoever waits for a foreign system meanwhile keeps no transaction open. A connection that is lost
takes its lock along, and then its next transaction fails too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kit.db.engine import Connection, Database


@asynccontextmanager
async def locked(
    database: Database, name: str, *, shared: bool = False
) -> AsyncIterator[Connection]:
    """Wait for the lock `name` and hold it; yield the connection that has it."""
    kind = "_shared" if shared else ""
    async with database.connection() as connection:
        await _call(connection, f"pg_advisory_lock{kind}", name)
        try:
            yield connection
        finally:
            await _let_go(connection, name, kind)


@asynccontextmanager
async def locked_at_once(database: Database, name: str) -> AsyncIterator[Connection | None]:
    """Hold the lock `name` if nobody has it; yield the connection that has it, or None."""
    async with database.connection() as connection:
        if not await _call(connection, "pg_try_advisory_lock", name):
            yield None
            return
        try:
            yield connection
        finally:
            await _let_go(connection, name, "")


async def _let_go(connection: Connection, name: str, kind: str) -> None:
    with suppress(DBAPIError):  # a connection that is lost has let go
        await _call(connection, f"pg_advisory_unlock{kind}", name)


async def _call(connection: Connection, function: str, name: str) -> bool:
    """Call a function of advisory locks; return whether it did not say no."""
    sql = text(f"SELECT {function}(hashtextextended(:name, 0))")
    async with connection.transaction() as session:
        return await (await session.connection()).scalar(sql, {"name": name}) is not False
