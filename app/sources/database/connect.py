"""Opens the database: the server that comes with the service, or the one that is named."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.db.engine import Database
from app.kit.db.postgres_address import PostgresAddress
from app.kit.errors import SourceDown, Unusable
from app.settings import Settings
from app.sources.database import migrations
from app.sources.database.embedded_server import Server
from app.sources.database.migrations import Schema
from app.sources.database.watchdog import watching

OLDEST_SERVER = 15
DATABASE_VARIABLE = "HEADSUP_DATABASE_URL"


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the database of the settings, its tables up to date; closed at the end.

    The embedded server is started and migrated, and started again should it die. Any other
    server is only checked: raises `SourceDown` if it does not answer, `Unusable` if it is too old
    or `headsup migrate` is needed. Raises `Conflict` if the tables are a newer version's.
    """
    if settings.database_url is None:
        async with (
            _joined(settings.home) as server,
            _opened(server.url) as database,
            watching(server, database),
        ):
            yield database
    else:
        url = settings.database_url.get_secret_value()
        await _check(url)
        async with _opened(url) as database:
            yield database


@asynccontextmanager
async def embedded(home: Path) -> AsyncIterator[str]:
    """Use the server of `home` for a while, its tables up to date; yield its address."""
    async with _joined(home) as server:
        yield server.url


@asynccontextmanager
async def _joined(home: Path) -> AsyncIterator[Server]:
    server = Server(home)
    await asyncio.to_thread(server.join)
    try:
        await migrations.upgrade(server.url)
        yield server
    finally:
        await asyncio.to_thread(server.leave)


def refuse_old(version: int, where: str) -> None:
    """Raise `Unusable` for a server older than what the SQL needs; `version` is like 150004."""
    if version < OLDEST_SERVER * 10_000:
        raise Unusable(
            f"Postgres at {where} is version {version // 10_000};"
            f" {OLDEST_SERVER} or newer is needed."
        )


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; raise as `open_database` does."""
    with _named(url) as where:
        async with Database(url, pooled=False).engine.connect() as connection:
            refuse_old(await _version(connection), where)
        await migrations.upgrade(url)


async def _check(url: str) -> None:
    with _named(url) as where:
        async with Database(url, pooled=False).engine.connect() as connection:
            refuse_old(await _version(connection), where)
            found = await migrations.compare_schema(connection)
    migrations.refuse_newer(found)
    if found is Schema.OLDER:
        raise Unusable(f"The tables at {where} are not up to date: run `headsup migrate`.")


@contextmanager
def _named(url: str) -> Iterator[str]:
    """Yield the host and name of the database, and add them to errors of server and network."""
    address = PostgresAddress.parse(url, DATABASE_VARIABLE)
    where = address.place
    try:
        yield where
    except OSError as error:
        said = address.without_secrets(str(error))
        raise SourceDown(f"Postgres at {where} did not answer: {said}") from None
    except DBAPIError as error:
        said = address.without_secrets(str(error.orig))
        raise SourceDown(f"Postgres at {where} refused: {said}") from None


async def _version(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SHOW server_version_num")))
