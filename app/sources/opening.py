"""Opens everything that reports read, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.dialects.postgresql import insert

from app.kit.db import Database
from app.kit.errors import Unusable
from app.settings import Settings
from app.sources.models import ServiceFact
from app.sources.postgres import open_database
from app.sources.sources import Sources
from app.sources.warehouse.base import Warehouse
from app.sources.warehouse.lake import Lake

TIMEZONE = "timezone"


@asynccontextmanager
async def open_sources(settings: Settings) -> AsyncIterator[Sources]:
    """Open the database and the warehouse; raise `Unusable` or `SourceDown` saying why not."""
    async with open_database(settings) as database:
        await settle_timezone(database, settings.timezone)
        warehouse = open_warehouse(settings, database)
        try:
            yield Sources(
                database=database,
                warehouse=warehouse,
                zone=settings.zone,
                spool=settings.home / "spool",
            )
        finally:
            await warehouse.close()


def open_warehouse(settings: Settings, database: Database) -> Warehouse:
    """Return the warehouse that the settings name."""
    if settings.warehouse == "lake":
        return open_lake(settings, database)
    raise Unusable(
        f"HEADSUP_WAREHOUSE is {settings.warehouse!r}, which is no warehouse known here: use lake."
    )


def open_lake(settings: Settings, database: Database) -> Lake:
    """Return the lake of the home."""
    return Lake(
        settings.home,
        database,
        memory=settings.query_memory,
        threads=settings.query_threads,
    )


async def settle_timezone(database: Database, timezone: str) -> None:
    """Keep the time zone of the first start; raise `Unusable` for another one later.

    Days in two zones are not the same days: their reports could not be compared.
    """
    async with database.transaction() as session:
        fact = insert(ServiceFact).values(name=TIMEZONE, value=timezone)
        await session.exec(fact.on_conflict_do_nothing())
        kept = await session.get_one(ServiceFact, TIMEZONE)
    if kept.value != timezone:
        raise Unusable(
            f"HEADSUP_TIMEZONE is {timezone}, but this database holds reports of days in"
            f" {kept.value}: set it to {kept.value}, or use another database."
        )
