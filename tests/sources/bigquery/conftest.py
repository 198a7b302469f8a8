"""The BigQuery emulator, a proxy that injects faults, and warehouses behind both."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.kit.db.engine import Database
from tests.sources.bigquery.emulator import Emulator, emulator
from tests.sources.bigquery.fault_proxy import FaultProxy, open_fault_proxy
from tests.sources.bigquery.warehouse_factory import WarehouseFactory


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator for all tests; each makes datasets of its own."""
    with emulator(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture
async def proxy(shared_emulator: Emulator) -> AsyncIterator[FaultProxy]:
    """A proxy before the emulator that injects faults and records requests."""
    async with open_fault_proxy(shared_emulator.http) as standing:
        yield standing


@pytest.fixture
async def make_warehouse(
    shared_emulator: Emulator, proxy: FaultProxy, database: Database
) -> AsyncIterator[WarehouseFactory]:
    """A factory of warehouses whose requests pass through the proxy."""
    made = WarehouseFactory(shared_emulator, proxy, database)
    yield made
    for warehouse in made.warehouses:
        await warehouse.close()
