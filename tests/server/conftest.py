"""One real `headsup serve` for all tests of this folder, and keys for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from tests.support.databases import create, drop
from tests.support.http_client import token
from tests.support.service_processes import Service, services


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running service: its process, port and database, and two keys, one without any use."""

    process: Service
    port: int
    database: Database
    key: str
    reader: str


@pytest.fixture(scope="session")
async def served(server: str, template: str, short_folder: Path) -> AsyncIterator[Served]:
    """A service that trusts the proxies of 192.0.2.0/24, which none of the tests is."""
    url = await create(server, template)
    database = Database(url)
    everything = [scope for scope in Scope if scope is not Scope.PEOPLE_READ]
    proxies = {"HEADSUP_TRUSTED_PROXIES": "192.0.2.0/24"}
    with services(database, short_folder / "served", **proxies) as started:
        (address,) = await started.serving(1)
        yield Served(
            process=started.started[0],
            port=int(address.rpartition(":")[2]),
            database=database,
            key=await token(database, *everything),
            reader=await token(database, Scope.PEOPLE_READ),
        )
    await database.close()
    await drop(server, url)
