"""Opening the database of the settings."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.kit.errors import SourceDown, Unusable
from app.settings import Settings
from app.sources import migrations
from app.sources.postgres import open_database, refuse_old


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


@pytest.mark.parametrize("url", ["sesame", "mysql://me:sesame@host/x", "postgresql://h:sesame/x"])
async def test_an_address_of_another_form_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(Unusable, match="HEADSUP_DATABASE_URL must read") as refused:
        async with open_database(settings(url)):
            pass

    assert "sesame" not in refused.value.message


def test_a_server_older_than_15_is_refused() -> None:
    refuse_old(150_000, "here")

    with pytest.raises(Unusable, match="version 14"):
        refuse_old(149_999, "here")
