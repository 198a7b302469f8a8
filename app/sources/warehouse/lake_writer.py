"""Writes the lake: days are rewritten beside the old ones, then the list is swapped at once."""

import hashlib
import os
from asyncio import to_thread
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow.parquet as pq
from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import Database
from app.kit.errors import SourceDown
from app.sources.files import ACTIVITY_COLUMNS, Imported, Rows, schema_of
from app.sources.warehouse.engine import Engine, Work
from app.sources.warehouse.folders import private_folder
from app.sources.warehouse.models import LakeFile

WRITER_LOCK = "lake/writer"
READERS_LOCK = "lake/readers"
STAGING = ".staging"
COLUMNS = ", ".join(f'"{column.name}"' for column in ACTIVITY_COLUMNS)
ORDER = "timestamp, id NULLS FIRST, user_id, kind, academy_id, related_id, task_status"
HASH_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A day as it would be from now on; `path` is None when that is as it was."""

    day: date
    path: Path | None
    before: int
    rows: int
    sha256: str

    def inserted(self, *, replace: bool) -> int:
        """Return how many rows the day has that it had not."""
        if self.path is None:
            return 0
        return self.rows if replace else max(self.rows - self.before, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a day is made of: rows from the import, and those it has unless it is replaced."""

    staged: Path
    listed: LakeFile | None
    replace: bool


async def write_activity(
    rows: Rows, folder: Path, engine: Engine, database: Database, *, replace: bool
) -> Imported:
    """Import rows, one import at a time; the list changes in one transaction."""
    with private_folder(folder / STAGING) as staging:
        work = Work(engine)
        read = await work.do(partial(_stage, work, rows, staging))
        days = await work.do(partial(_part, work, staging))
        async with database.transaction() as session:
            await _lock(session, WRITER_LOCK)
            listed = await _listed(session, [day for day, _ in days])
            sources = {
                day: _Source(
                    staged=staging / "days" / f"day={day}", listed=listed.get(day), replace=replace
                )
                for day, _ in days
            }
            rewritten = await work.do(partial(_rewrite_all, work, folder, sources))
            await _swap(session, folder, rewritten)
    async with database.transaction() as session:
        await _sweep(session, folder, [day for day, _ in days])
    inserted = sum(day.inserted(replace=replace) for day in rewritten)
    undated = read - sum(count for _, count in days)
    return Imported(
        kind="activity",
        read=read,
        inserted=inserted,
        unchanged=read - undated - inserted,
        undated=undated,
        ignored_columns=rows.ignored_columns,
    )


def whole(folder: Path, file: LakeFile) -> Path:
    """Return a listed file's path; raise `SourceDown` when it is lost or not all there."""
    path = folder / file.path
    if not _is_whole(folder, file):
        raise SourceDown(
            f"{path} is lost or damaged: import the activity of {file.day} again, replacing the day"
        )
    return path


def _is_whole(folder: Path, file: LakeFile) -> bool:
    path = folder / file.path
    return path.is_file() and path.stat().st_size == file.bytes


async def _lock(session: AsyncSession, name: str) -> None:
    connection = await session.connection()
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
    )


def _stage(work: Work, rows: Rows, staging: Path) -> int:
    """Write the checked rows into one file, a batch in memory at a time; return how many."""
    schema, read = schema_of(ACTIVITY_COLUMNS), 0
    with pq.ParquetWriter(staging / "all.parquet", schema, compression="zstd") as writer:
        for batch in rows:
            work.go_on()
            writer.write_batch(batch.cast(schema))
            read += batch.num_rows
    return read


def _part(work: Work, staging: Path) -> Sequence[tuple[date, int]]:
    """Part the staged rows by their UTC day; return each day and its rows."""
    with work.connect() as connection:
        connection.read_parquet(str(staging / "all.parquet")).create_view("staged")
        connection.execute(
            f"COPY (SELECT *, CAST(timestamp AS DATE) AS day FROM staged"  # noqa: S608 - our folder
            f" WHERE timestamp IS NOT NULL) TO '{_quoted(staging / 'days')}'"
            " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))"
        )
        counted = connection.execute(
            "SELECT CAST(timestamp AS DATE) AS day, count(*) FROM staged"
            " WHERE timestamp IS NOT NULL GROUP BY day ORDER BY day"
        )
        return counted.fetchall()


async def _listed(session: AsyncSession, days: Sequence[date]) -> dict[date, LakeFile]:
    files = await session.exec(select(LakeFile).where(col(LakeFile.day).in_(days)))
    return {file.day: file for file in files}


def _rewrite_all(work: Work, folder: Path, days: Mapping[date, _Source]) -> Sequence[Rewritten]:
    with work.connect() as connection:
        rewritten = [_rewrite(connection, folder, day, source) for day, source in days.items()]
    _sync_folders({day.path.parent for day in rewritten if day.path} | {folder})
    return rewritten


def _sync_folders(folders: Iterable[Path]) -> None:
    """Bring the names in folders to the disk."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _rewrite(
    connection: duckdb.DuckDBPyConnection, folder: Path, day: date, source: _Source
) -> Rewritten:
    """Write a day's rows in one order, so that the same rows are the same bytes."""
    listed = source.listed
    found = [str(path) for path in source.staged.iterdir()]
    if listed is not None and not source.replace:
        found.append(str(whole(folder, listed)))
    target = folder / day.isoformat() / f"{uuid4().hex}.parquet"
    target.parent.mkdir(exist_ok=True)
    connection.read_parquet(found, hive_partitioning=False).create_view("found", replace=True)
    rows = _copy_day(connection, target)
    sha256 = _sync(target)
    before = listed.rows if listed else 0
    if listed is not None and listed.sha256 == sha256 and _is_whole(folder, listed):
        target.unlink()
        return Rewritten(day=day, path=None, before=before, rows=rows, sha256=sha256)
    return Rewritten(day=day, path=target, before=before, rows=rows, sha256=sha256)


def _copy_day(connection: duckdb.DuckDBPyConnection, target: Path) -> int:
    """Keep the earliest row of an id, and one of identical rows without an id."""
    copied = connection.execute(
        f"COPY (SELECT {COLUMNS} FROM"  # noqa: S608 - our own columns
        f" (SELECT DISTINCT {COLUMNS} FROM found)"
        " QUALIFY id IS NULL OR row_number() OVER"
        f" (PARTITION BY id ORDER BY {ORDER}) = 1 ORDER BY {ORDER})"
        f" TO '{_quoted(target)}' (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(copied[0]) if copied else 0


def _sync(path: Path) -> str:
    """Bring a file to the disk; return its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
        os.fsync(file.fileno())
    return digest.hexdigest()


async def _swap(session: AsyncSession, folder: Path, rewritten: Sequence[Rewritten]) -> None:
    changed = [day for day in rewritten if day.path is not None]
    await session.exec(delete(LakeFile).where(col(LakeFile.day).in_([c.day for c in changed])))
    for day in changed:
        if day.path is not None and day.rows:
            session.add(
                LakeFile(
                    path=str(day.path.relative_to(folder)),
                    day=day.day,
                    rows=day.rows,
                    bytes=day.path.stat().st_size,
                    sha256=day.sha256,
                )
            )
    await session.flush()


async def _sweep(session: AsyncSession, folder: Path, days: Sequence[date]) -> None:
    """Remove what is not listed of these days, unless somebody writes or reads just now.

    Other days are left alone: to a database that was restored or is new, a file that it does not
    list may be the only one there is.
    """
    connection = await session.connection()
    alone = await connection.execute(
        text(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(:writer, 0))"
            " AND pg_try_advisory_xact_lock(hashtextextended(:readers, 0))"
        ),
        {"writer": WRITER_LOCK, "readers": READERS_LOCK},
    )
    if alone.scalar_one():
        listed = {file.path for file in (await _listed(session, days)).values()}
        await to_thread(_remove_unlisted, folder, days, listed)


def _remove_unlisted(folder: Path, days: Sequence[date], listed: set[str]) -> None:
    for day in days:
        for path in (folder / day.isoformat()).glob("*.parquet"):
            if str(path.relative_to(folder)) not in listed:
                path.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
