"""Fixtures that lend a copy of what is set up once: `database = copied_database(make)`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.sources import Sources
from tests.support.databases import Copies, Make
from tests.support.report_runs import sources_of


def copied_database(make: Make, home: str = "") -> Callable[..., AsyncIterator[Database]]:
    """Return a fixture: the database that `make` sets up, its files in a folder of `tmp_path`."""

    @pytest.fixture
    async def database(copies: Copies, tmp_path: Path) -> AsyncIterator[Database]:
        async with copies.of(make, tmp_path / home) as database:
            yield database

    return database


def copied_sources(make: Make, home: str = "") -> Callable[..., AsyncIterator[Sources]]:
    """Return a fixture: the sources that `make` sets up."""

    @pytest.fixture
    async def sources(copies: Copies, tmp_path: Path) -> AsyncIterator[Sources]:
        async with copies.of(make, tmp_path / home) as database:
            yield sources_of(database, tmp_path / home)

    return sources
