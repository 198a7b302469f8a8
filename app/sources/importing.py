"""Importing a file of any kind, all of it or nothing."""

from asyncio import to_thread
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.kit.db import Database
from app.kit.errors import Unusable
from app.settings import Settings
from app.sources.directory.imports import ACADEMIES, USERS
from app.sources.files import ACTIVITY_COLUMNS, Column, Imported, Rows, read_batches
from app.sources.files.staging import load
from app.sources.subscriptions.imports import HISTORY, SUBSCRIPTIONS
from app.sources.telemetry.imports import TELEMETRY
from app.sources.warehouse.lake import Lake

LOADINGS = {
    loading.kind: loading for loading in (ACADEMIES, USERS, SUBSCRIPTIONS, HISTORY, TELEMETRY)
}
ACTIVITY = "activity"


class Kind(StrEnum):
    """What a file may hold."""

    ACADEMIES = ACADEMIES.kind
    USERS = USERS.kind
    SUBSCRIPTIONS = SUBSCRIPTIONS.kind
    SUBSCRIPTION_HISTORY = HISTORY.kind
    TELEMETRY = TELEMETRY.kind
    ACTIVITY = ACTIVITY


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return the columns that a file of that kind may have."""
    return ACTIVITY_COLUMNS if kind is Kind.ACTIVITY else LOADINGS[kind].columns


async def import_file(
    kind: Kind, path: Path, *, database: Database, settings: Settings, now: datetime
) -> Imported:
    """Import a file into the database; raise `Invalid` for its first faults, and change nothing."""
    rows = await to_thread(open_file, kind, path, settings, now)
    async with database.transaction() as session:
        return await load(session, rows, LOADINGS[kind], now)


async def import_activity(
    path: Path, lake: Lake, *, settings: Settings, now: datetime, replace_days: bool
) -> Imported:
    """Import a file of activity into the lake; raise `Invalid` as `import_file` does."""
    if settings.warehouse != "lake":
        raise Unusable(
            f"Activity is read from {settings.warehouse}; files are only imported into the lake."
        )
    rows = await to_thread(open_file, Kind.ACTIVITY, path, settings, now)
    return await lake.import_activity(rows, replace=replace_days)


def open_file(kind: Kind, path: Path, settings: Settings, now: datetime) -> Rows:
    """Open a file of that kind as batches of checked rows."""
    return read_batches(
        path,
        columns_of(kind),
        now=now,
        memory=settings.query_memory,
        threads=settings.query_threads,
    )
