"""Opening the database of the settings."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.errors import AppError, SourceDown, Unusable
from app.settings import Settings
from app.sources.database import migrations
from app.sources.database.connect import migrate, open_database, refuse_old

TLS_ASKED_FOR = bytes.fromhex("00000008 04d2162f")


def settings(url: str) -> Settings:
    return Settings(database_url=SecretStr(url))


async def test_the_embedded_database_is_ready_and_its_data_stay(short_folder: Path) -> None:
    embedded = Settings(home=short_folder / uuid4().hex[:8])

    async with open_database(embedded) as database, database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE kept (n int)"))

    async with open_database(embedded) as database, database.engine.begin() as connection:
        await connection.execute(text("SELECT n FROM kept"))
        assert await migrations.is_current(database.url)


async def test_an_external_database_is_not_migrated_by_itself(empty_database_url: str) -> None:
    with pytest.raises(Unusable, match="run `headsup migrate`"):
        async with open_database(settings(empty_database_url)):
            pass

    assert not await migrations.is_current(empty_database_url)


async def test_a_migrated_external_database_is_opened(empty_database_url: str) -> None:
    await migrations.upgrade(empty_database_url)

    opened = open_database(settings(empty_database_url))
    async with opened as database, database.engine.connect() as connection:
        assert await connection.scalar(text("SHOW TimeZone")) == "UTC"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        pytest.param("postgresql://me:sesame@127.0.0.1:1/x", "127.0.0.1:1/x", id="nobody listens"),
        pytest.param("postgresql://me:sesame@/x?host=/proc", "/proc/x", id="no socket"),
    ],
)
async def test_an_unreachable_database_is_named_without_its_password(url: str, named: str) -> None:
    with pytest.raises(SourceDown) as refused:
        async with open_database(settings(url)):
            pass

    assert named in refused.value.message
    assert "sesame" not in refused.value.message


async def test_a_missing_database_is_named(server: str) -> None:
    url = make_url(server).set(database="missing").render_as_string(hide_password=False)

    with pytest.raises(SourceDown, match='database "missing" does not exist'):
        async with open_database(settings(url)):
            pass


@pytest.mark.parametrize(
    "url",
    [
        "sesame",
        "mysql://me:sesame@host/x",
        "postgresql://h:sesame/x",
        *(f"postgresql://me:open{sign}sesame@host/x" for sign in "@/?#%"),
        *(f"postgresql://me:sesame{sign}open@host/x" for sign in "@/?#%"),
    ],
)
async def test_an_address_of_another_form_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(Unusable, match="HEADSUP_DATABASE_URL must read") as refused:
        async with open_database(settings(url)):
            pass

    assert "sesame" not in refused.value.message


async def test_every_connection_applies_the_parameters_of_the_url(server: str) -> None:
    words = (
        "options=-c%20work_mem%3D3MB&sslmode=prefer&connect_timeout=5&channel_binding=disable"
        "&keepalives=1&application_name=a+b"
    )
    database = Database(f"{server}{'&' if '?' in server else '?'}{words}")

    driver = await database.connect()
    async with database.engine.connect() as one:
        found = [await one.scalar(text("SHOW work_mem"))]
    ((read,),) = await database.reader.rows(Statement(sql="SHOW work_mem", params={}))
    found += [read, await driver.fetchval("SHOW work_mem")]
    found.append((await read_frame(database, "SELECT current_setting('work_mem')")).item())
    await driver.close()
    await database.close()

    assert found == ["3MB"] * 4


async def test_a_connection_that_requires_tls_is_not_made_without_it() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.readexactly(8))
        writer.write(b"N")
        heard.put_nowait(await reader.read())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"postgresql://me:sesame@127.0.0.1:{port}/x?sslmode=require"
        with pytest.raises(SourceDown, match=f"Postgres at 127.0.0.1:{port}/x .*SSL"):
            async with open_database(settings(url)):
                pass

    async with asyncio.timeout(10):
        assert [await heard.get(), await heard.get()] == [TLS_ASKED_FOR, b""]


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:sesame@127.0.0.1:1/x", "sesame", "postgresql://me:open@sesame@host/x"],
)
async def test_a_database_that_cannot_be_migrated_is_named_without_its_password(url: str) -> None:
    with pytest.raises(AppError) as refused:
        await migrate(url)

    assert "sesame" not in refused.value.message


async def test_a_role_that_may_not_migrate_is_told_so(server: str, empty_database_url: str) -> None:
    name = f"weak_{uuid4().hex}"
    admin = Database(server, pooled=False)
    async with admin.engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {name} LOGIN"))
    weak = make_url(empty_database_url).set(username=name)

    with pytest.raises(SourceDown, match="refused: permission denied for schema public"):
        await migrate(weak.render_as_string(hide_password=False))

    async with admin.engine.begin() as connection:
        await connection.execute(text(f"DROP ROLE {name}"))


def test_a_server_older_than_15_is_refused() -> None:
    refuse_old(150_000, "here")

    with pytest.raises(Unusable, match="version 14"):
        refuse_old(149_999, "here")
