"""A pool of connections for single read statements outside of transactions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from asyncpg import Connection, Record

from app.kit.db.named_params import Statement, numbered
from app.kit.failures import BUSY, Unavailable, is_connection_lost

POOL_TIMEOUT_SECONDS = 30
STATEMENT_TIMEOUT_SECONDS = 60
"""The `statement_timeout` of a request: after it no client waits for the response any more."""
READ_SETTINGS: Mapping[str, str] = MappingProxyType(
    {"statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s", "plan_cache_mode": "force_generic_plan"}
)
"""Settings of read connections. PostgreSQL would plan each statement for its values every time,
which takes longer than running it: it estimates generic plans of partitioned tables as dearer."""
Connect = Callable[[], Awaitable[Connection]]


class Rows(Protocol):
    """A function that returns the rows of a statement."""

    async def __call__(self, statement: Statement) -> Sequence[Record]:
        """Read it."""
        ...


class ReadPool:
    """At most `most` connections; each statement sees its own state of the database.

    There is no ping, no transaction and no reset. If the statement fails because an idle
    connection was lost, it is sent again on a new connection.
    """

    def __init__(self, connect: Connect, *, most: int) -> None:
        self._connect = connect
        self._places = asyncio.Semaphore(most)
        self._idle: list[Connection] = []

    async def rows(self, statement: Statement) -> Sequence[Record]:
        """Return all rows; raise what the driver raises, or `Unavailable` when too many wait."""
        await self._take_place()
        try:
            if (idle := self._lend()) is not None:
                try:
                    return await self._ask(idle, statement)
                except Exception as error:
                    if not is_connection_lost(error):
                        raise
            return await self._ask(await self._connect(), statement)
        finally:
            self._places.release()

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.pop().close()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(POOL_TIMEOUT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise Unavailable(BUSY) from error

    def _lend(self) -> Connection | None:
        """Return the idle connection used last, dropping closed ones; None if there is none."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _ask(self, connection: Connection, statement: Statement) -> Sequence[Record]:
        """Run the statement; the connection is kept for reuse only if that succeeds."""
        try:
            found = await fetch_rows(connection, statement)
        except BaseException:
            connection.terminate()
            raise
        self._idle.append(connection)
        return found


async def fetch_rows(connection: Connection, statement: Statement) -> Sequence[Record]:
    """Return all rows."""
    sql, values = numbered(statement)
    found: Sequence[Record] = await connection.fetch(sql, *values)
    return found
