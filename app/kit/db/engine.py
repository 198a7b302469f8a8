"""Connections to a PostgreSQL database, and transactions that end where they were opened."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from secrets import token_hex
from types import MappingProxyType
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.arrow_reader import ArrowReader
from app.kit.db.postgres_address import driver_address
from app.kit.db.read_pool import READ_SETTINGS, ReadPool

APPLICATION_NAME = "headsup"
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
DIALECT = "postgresql+asyncpg://"


class Database:
    """A Postgres database: its address, connections for transactions, and `reader` for reading.

    `url` is libpq's form, `postgresql://user:password@host:port/name` or
    `postgresql://user@/name?host=/folder/of/the/socket`.
    """

    def __init__(self, url: str, *, pool_size: int = 10, pooled: bool = True) -> None:
        self.url = url
        self.server_settings = {
            "timezone": "UTC",
            "application_name": f"{APPLICATION_NAME} {token_hex(8)}",
        }
        """Settings of every connection; `application_name` identifies the process."""
        self.hopeless: str | None = None
        """Why this process cannot reach the database again, once that is known."""
        self.arrow = ArrowReader(url)
        pool: dict[str, Any] = (
            {"pool_size": pool_size, "max_overflow": 0} if pooled else {"poolclass": NullPool}
        )
        self.engine: AsyncEngine = create_async_engine(
            DIALECT,
            async_creator=self.connect,
            pool_pre_ping=pooled,
            hide_parameters=True,
            **pool,
        )
        self.reader = ReadPool(partial(self.connect, READ_SETTINGS), most=pool_size)

    async def connect(self, settings: Mapping[str, str] = NO_SETTINGS) -> asyncpg.Connection:
        """Open an asyncpg connection with additional `settings`; the caller closes it.

        asyncpg gets the address itself, so that it applies libpq's options (`sslmode`,
        `sslrootcert`, ...), which SQLAlchemy would pass on as keyword arguments.
        """
        address, timeout = driver_address(self.url)
        told = {**self.server_settings, **settings}
        try:
            return await asyncpg.connect(address, timeout=timeout, server_settings=told)
        except FileNotFoundError as error:  # the socket of a server that does not run
            raise ConnectionRefusedError(*error.args) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session whose work is committed at the end, or undone by an error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Connection"]:
        """Hold one connection, whose `backend_pid` lets others find and end its transactions."""
        async with self.engine.connect() as held:
            async with held.begin():
                pid = int((await held.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            yield Connection(held, backend_pid=pid)

    async def close(self) -> None:
        """Close the connections."""
        self.arrow.close()
        await self.engine.dispose()
        await self.reader.close()


class Connection:
    """One connection of a database, for consecutive transactions."""

    def __init__(self, held: AsyncConnection, *, backend_pid: int) -> None:
        self._held = held
        self.backend_pid = backend_pid

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session whose work is committed at the end, or undone by an error."""
        async with (
            AsyncSession(bind=self._held, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
