"""Writes a day of the lake: a row an id, in one order, so that the same rows are the same bytes."""

import hashlib
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb

from app.kit.folders import make_private
from app.sources.imports import ACTIVITY_COLUMNS

ACTIVITY_COLUMNS_SQL = ", ".join(f'"{column.name}"' for column in ACTIVITY_COLUMNS)
ORDER = "timestamp, id NULLS FIRST, user_id, kind, academy_id, related_id, task_status"
HASH_BLOCK = 1 << 20


def target_of(folder: Path, day: date) -> Path:
    """Name a new file of a day."""
    return folder / day.isoformat() / f"{uuid4().hex}.parquet"


def read_days(
    connection: duckdb.DuckDBPyConnection, paths: Iterable[Path], without: Iterable[int] = ()
) -> duckdb.DuckDBPyRelation:
    """Read files of the lake, but for the rows of some users."""
    found = connection.read_parquet([str(path) for path in paths], hive_partitioning=False)
    users = ", ".join(str(int(user)) for user in without)
    return found.filter(f"user_id IS NULL OR user_id NOT IN ({users})") if users else found


def write_day_file(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, target: Path
) -> tuple[int, str]:
    """Write a day's rows to the disk; return how many they are, and the hash of the file.

    The earliest row of an id is kept, and one of identical rows without an id.
    """
    make_private(target.parent)
    rows.create_view("found", replace=True)
    copied = connection.execute(
        f"COPY (SELECT {ACTIVITY_COLUMNS_SQL} FROM"  # noqa: S608 - our own columns
        f" (SELECT DISTINCT {ACTIVITY_COLUMNS_SQL} FROM found)"
        " QUALIFY id IS NULL OR row_number() OVER"
        f" (PARTITION BY id ORDER BY {ORDER}) = 1 ORDER BY {ORDER})"
        f" TO '{quoted(target)}' (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return (int(copied[0]) if copied else 0), _sync(target)


def sync_folders(folders: Iterable[Path]) -> None:
    """Bring the names in folders to the disk."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def quoted(path: Path) -> str:
    """Return a path as it stands in a text of SQL."""
    return str(path).replace("'", "''")


def _sync(path: Path) -> str:
    """Bring a file to the disk; return its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
        os.fsync(file.fileno())
    return digest.hexdigest()
