"""Opens everything that reports read, as the settings say."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from app.kit.db.engine import Database
from app.kit.errors import Unusable
from app.kit.folders import close_to_others
from app.settings import Settings
from app.sources.database.connect import open_database
from app.sources.database.models import ServiceFact
from app.sources.sources import Sources
from app.sources.warehouse.contract import Warehouse
from app.sources.warehouse.lake.warehouse import Lake
from app.sources.warehouse.temp_dirs import remove_leftovers

TIMEZONE = "timezone"


@asynccontextmanager
async def open_sources(settings: Settings) -> AsyncIterator[Sources]:
    """Open the database and the warehouse; raise `Unusable` or `SourceDown` saying why not.

    What killed processes left in the spool is removed; the lake and the spool are closed to others.
    """
    spool = settings.home / "spool"
    async with open_database(settings) as database:
        for folder in (settings.home / "lake", spool):
            await to_thread(close_to_others, folder)
        await settle_timezone(database, settings.timezone)
        await to_thread(remove_leftovers, spool)
        warehouse = open_warehouse(settings, database)
        try:
            yield Sources(database=database, warehouse=warehouse, zone=settings.zone, spool=spool)
        finally:
            await warehouse.close()


def open_warehouse(settings: Settings, database: Database) -> Warehouse:
    """Return the warehouse that the settings name; raise `Unusable` if it is none."""
    if settings.warehouse == "lake":
        return open_lake(settings, database)
    return _open_bigquery(settings, database)


def _open_bigquery(settings: Settings, database: Database) -> Warehouse:
    """Import Google's client only now: it takes half a second, and the lake needs none of it."""
    from app.sources.warehouse.bigquery.access import Access, Address, Limits  # noqa: PLC0415
    from app.sources.warehouse.bigquery.warehouse import BigQuery  # noqa: PLC0415

    return BigQuery(
        Address.parse(settings.warehouse),
        database,
        access=Access(location=settings.bigquery_location, endpoint=settings.bigquery_endpoint),
        limits=Limits(
            max_bytes_billed=settings.max_bytes_billed,
            query_timeout=timedelta(seconds=settings.query_timeout_seconds),
        ),
        daily_bytes=settings.daily_bytes,
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
