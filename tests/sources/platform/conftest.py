"""A platform beside the service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from tests.sources.platform.academy import SCHEMA, Academy
from tests.support.databases import create, drop


@pytest.fixture(scope="session")
async def empty_platform(server: str) -> AsyncIterator[str]:
    """The address of a platform without a row; copied, never changed."""
    url = await create(server)
    platform = Database(url)
    async with platform.transaction() as session:
        connection = await session.connection()
        for statement in SCHEMA.split(";\n"):
            await connection.execute(text(statement))
    await platform.close()
    yield url
    await drop(server, url)


@pytest.fixture
async def academy(
    server: str, database: Database, empty_platform: str, tmp_path: Path
) -> AsyncIterator[Academy]:
    """A platform without subscriptions, and a service that has read nothing of it."""
    url = await create(server, empty_platform)
    platform = Database(url)
    yield Academy(platform, database, tmp_path / "spool")
    await platform.close()
    await drop(server, url)
