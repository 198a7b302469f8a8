"""The emulator, what stands before it, and warehouses behind both."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.kit.db.engine import Database
from tests.sources.bigquery.behind import Behind
from tests.sources.bigquery.between import Between, between
from tests.sources.bigquery.emulator import Emulator, emulator


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator for all tests; each makes datasets of its own."""
    with emulator(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture
async def before(running: Emulator) -> AsyncIterator[Between]:
    """What stands before the emulator."""
    async with between(running.http) as standing:
        yield standing


@pytest.fixture
async def behind(running: Emulator, before: Between, database: Database) -> AsyncIterator[Behind]:
    """Makes warehouses whose requests pass what stands before the emulator."""
    made = Behind(running, before, database)
    yield made
    for warehouse in made.warehouses:
        await warehouse.close()
