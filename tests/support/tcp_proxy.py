"""A TCP proxy before a PostgreSQL server that can be cut, and backends that are terminated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url, text

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database

END_WAITING_SQL = """
    SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class TcpProxy:
    """Forwards bytes between a client and a database's server until it is cut."""

    def __init__(self, database: Database) -> None:
        self._url = make_url(database.url)
        self._listening: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []

    async def open(self) -> str:
        """Listen; return the address of the database at the near end."""
        self._listening = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        port = self._listening.sockets[0].getsockname()[1]
        near = self._url.set(host="127.0.0.1", port=port, query={})
        return near.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        assert self._listening is not None
        self._listening.close()
        for end in self._ends:
            end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._far_end()
        self._ends += [writer, far_writer]
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    async def _far_end(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder, port = self._url.query.get("host"), self._url.port or 5432
        if isinstance(folder, str):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._url.host, port)


@asynccontextmanager
async def proxied_database(database: Database) -> AsyncIterator[tuple[TcpProxy, Database]]:
    """Open a proxy before a database; yield it and the database as reached through it."""
    opened = TcpProxy(database)
    near = Database(await opened.open())
    try:
        yield opened, near
    finally:
        opened.cut()
        await near.close()


@asynccontextmanager
async def table_lock(database: Database, table: str) -> AsyncIterator[None]:
    """Hold a table's strongest lock, so that every reader and writer of it waits."""
    async with database.transaction() as session:
        await (await session.connection()).execute(text(f"LOCK TABLE {table}"))
        yield


async def terminate_waiting_backends(database: Database) -> None:
    """Terminate the backends that wait for a lock, then yield to other tasks."""
    await read_frame(database, END_WAITING_SQL)
    await asyncio.sleep(0.01)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()
