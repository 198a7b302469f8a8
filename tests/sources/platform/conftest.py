"""A platform beside the service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db import Database
from tests.sources.platform.academy import SCHEMA, Academy


@pytest.fixture
async def academy(
    database: Database, empty_database_url: str, tmp_path: Path
) -> AsyncIterator[Academy]:
    """A platform without subscriptions, and a service that has read nothing of it."""
    platform = Database(empty_database_url)
    async with platform.transaction() as session:
        connection = await session.connection()
        for statement in SCHEMA.split(";\n"):
            await connection.execute(text(statement))
    yield Academy(platform, database, tmp_path / "spool")
    await platform.close()
