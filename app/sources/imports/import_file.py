"""Importing a file of any kind, all of it or nothing."""

from asyncio import to_thread
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.kit.db.engine import Database
from app.kit.errors import Unusable
from app.settings import Settings
from app.sources.directory.imports import ACADEMY_IMPORT, USER_IMPORT
from app.sources.imports import (
    ACTIVITY_COLUMNS,
    CheckedRows,
    Column,
    Imported,
    read_batches,
)
from app.sources.imports.staging import load_staged
from app.sources.subscriptions.imports import HISTORY_IMPORT, SUBSCRIPTION_IMPORT
from app.sources.telemetry.imports import TELEMETRY_IMPORT
from app.sources.warehouse.lake.warehouse import Lake

LOADINGS = {
    loading.kind: loading
    for loading in (
        ACADEMY_IMPORT,
        USER_IMPORT,
        SUBSCRIPTION_IMPORT,
        HISTORY_IMPORT,
        TELEMETRY_IMPORT,
    )
}
ACTIVITY_KIND = "activity"


class FileKind(StrEnum):
    """What a file may hold."""

    ACADEMIES = ACADEMY_IMPORT.kind
    USERS = USER_IMPORT.kind
    SUBSCRIPTIONS = SUBSCRIPTION_IMPORT.kind
    SUBSCRIPTION_HISTORY = HISTORY_IMPORT.kind
    TELEMETRY = TELEMETRY_IMPORT.kind
    ACTIVITY = ACTIVITY_KIND


def columns_of_kind(kind: FileKind) -> tuple[Column, ...]:
    """Return the columns that a file of that kind may have."""
    return ACTIVITY_COLUMNS if kind is FileKind.ACTIVITY else LOADINGS[kind].columns


async def import_file(
    kind: FileKind, path: Path, *, database: Database, settings: Settings, now: datetime
) -> Imported:
    """Import a file into the database; raise `Invalid` for its first faults, and change nothing."""
    rows = await to_thread(open_file, kind, path, settings, now)
    async with database.transaction() as session:
        return await load_staged(session, rows, LOADINGS[kind], now)


async def import_activity(
    path: Path, lake: Lake, *, settings: Settings, now: datetime, replace_days: bool
) -> Imported:
    """Import a file of activity into the lake; raise `Invalid` as `import_file` does."""
    if settings.warehouse != "lake":
        raise Unusable(
            f"Activity is read from {settings.warehouse}; files are only imported into the lake."
        )
    rows = await to_thread(open_file, FileKind.ACTIVITY, path, settings, now)
    return await lake.import_activity(rows, replace=replace_days)


def open_file(kind: FileKind, path: Path, settings: Settings, now: datetime) -> CheckedRows:
    """Open a file of that kind as batches of checked rows."""
    return read_batches(
        path,
        columns_of_kind(kind),
        now=now,
        memory=settings.query_memory,
        threads=settings.query_threads,
    )
