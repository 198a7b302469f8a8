"""The databases that tests use; nothing of a report."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from asyncpg import Record
from hypothesis import settings
from sqlalchemy import Engine, event
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import ReadPool
from app.sources.database import migrations
from app.sources.database.embedded_server import Server
from tests.support.databases import Copies, create, drop

ROOM_BYTES = 4 << 30
OF_THE_FIXTURES = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")

settings.register_profile("short", max_examples=25, deadline=None)
settings.register_profile("long", max_examples=300, deadline=None)
settings.load_profile("short")


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder whose path fits a socket and that every user may enter.

    It is in memory where there is room: a database is copied there in a tenth of the time.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="hu-", dir=memory if roomy else "/tmp"))  # noqa: S108
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(short_folder: Path) -> Iterator[str]:
    """The address of a server to make databases in: the given one, else one of our own."""
    given = os.environ.get("HEADSUP_TEST_DATABASE_URL")  # noqa: TID251 - no setting of the service
    if given is not None:
        yield given
        return
    own = Server(short_folder / "server", durable=False)
    own.join()
    yield own.url
    own.leave()


@pytest.fixture(scope="session")
async def template(server: str) -> AsyncIterator[str]:
    """The address of a database that the migrations made; copied, never connected to."""
    url = await create(server)
    await migrations.upgrade(url)
    yield url
    await drop(server, url)


@pytest.fixture(scope="session")
async def shared(server: str, template: str) -> AsyncIterator[Database]:
    """One database for all tests that leave nothing behind."""
    url = await create(server, template)
    database = Database(url)
    yield database
    await database.close()
    await drop(server, url)


@pytest.fixture
async def database(server: str, template: str) -> AsyncIterator[Database]:
    """A database of the test's own, for code that commits."""
    url = await create(server, template)
    database = Database(url)
    yield database
    await database.close()
    await drop(server, url)


@pytest.fixture(scope="session")
async def copies(server: str, template: str, short_folder: Path) -> AsyncIterator[Copies]:
    """What takes long to set up is set up once; each test has a copy of its own."""
    made = Copies(server, template, short_folder)
    yield made
    await made.drop()


@pytest.fixture
async def empty_database_url(server: str) -> AsyncIterator[str]:
    """The address of a database without any table."""
    url = await create(server)
    yield url
    await drop(server, url)


@pytest.fixture
async def session(shared: Database) -> AsyncIterator[AsyncSession]:
    """A session whose work, commits included, is undone after the test."""
    async with shared.engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        await outer.rollback()


@pytest.fixture
def untraced() -> Iterator[None]:
    """Let a test that does for long what others do once run without being counted.

    Tracing takes nearly as long again, and finds no line that the others do not find.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent, by an engine or a reader, since the last `statements.clear()`."""
    sent: list[str] = []
    read = ReadPool.rows

    async def noted(reader: ReadPool, statement: Statement) -> Sequence[Record]:
        sent.append(statement.sql)
        return await read(reader, statement)

    monkeypatch.setattr(ReadPool, "rows", noted)

    def record(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith(OF_THE_FIXTURES):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    yield sent
    event.remove(Engine, "before_cursor_execute", record)
