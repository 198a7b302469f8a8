"""Imports into the lake: days are rewritten beside the old ones, then the list is swapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from app.kit.db.engine import Connection, Database
from app.kit.db.locks import hold_lock
from app.sources.directory import erasure
from app.sources.imports import CheckedRows, Imported
from app.sources.warehouse.duckdb_engine import Engine, Work
from app.sources.warehouse.lake.days import (
    read_days,
    sync_folders,
    target_of,
    write_day_file,
)
from app.sources.warehouse.lake.manifest import (
    WRITER_LOCK,
    DayRewrite,
    announce,
    intact_path,
    is_whole,
    listed_files,
    swap,
    sweep_files,
)
from app.sources.warehouse.lake.staging import part, stage, staged_in
from app.sources.warehouse.models import LakeFile
from app.sources.warehouse.temp_dirs import private_folder

STAGING = ".staging"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a day is made of: rows from the import, and those it has unless it is replaced."""

    staged: Path
    target: Path
    listed: LakeFile | None
    replace: bool
    erased: frozenset[int]


async def write_activity(
    rows: CheckedRows, folder: Path, engine: Engine, database: Database, *, replace: bool
) -> Imported:
    """Import rows, one import at a time; the list changes in one transaction.

    No transaction is open while files are read and written, only the lock is held.
    Rows of people who were erased are left out.
    """
    with private_folder(folder / STAGING) as staging:
        work = Work(engine)
        read = await work.do(partial(stage, work, rows, staging))
        days = await work.do(partial(part, work, staging))
        async with hold_lock(database, WRITER_LOCK) as writer:
            erased = await _erased(writer, work, staging)
            async with writer.transaction() as session:
                before = await listed_files(session, [day for day, _ in days])
            sources = {
                day: _Source(
                    staged=staging / "days" / f"day={day}",
                    target=target_of(folder, day),
                    listed=before.get(day),
                    replace=replace,
                    erased=erased,
                )
                for day, _ in days
            }
            await announce(database, folder, [source.target for source in sources.values()])
            rewritten = await work.do(partial(_rewrite_all, work, folder, sources))
            skipped = await work.do(partial(_count, work, staging, erased))
            async with writer.transaction() as session:
                await swap(session, folder, rewritten)
    await sweep_files(database, folder, [day for day, _ in days])
    inserted = sum(day.inserted(replace=replace) for day in rewritten)
    undated = read - sum(count for _, count in days)
    return Imported(
        kind="activity",
        read=read,
        inserted=inserted,
        unchanged=read - undated - skipped - inserted,
        undated=undated,
        skipped_erased=skipped,
        ignored_columns=rows.ignored_columns,
    )


async def _erased(writer: Connection, work: Work, staging: Path) -> frozenset[int]:
    """Return whoever of the staged rows was erased: an erasure holds the lock that we hold."""
    async with writer.transaction() as session:
        if not await erasure.count_erased(session):
            return frozenset()
    users = await work.do(partial(_users, work, staging))
    async with writer.transaction() as session:
        return await erasure.erased_among(session, users)


def _users(work: Work, staging: Path) -> Sequence[int]:
    with work.connect() as connection:
        users = read_days(connection, [staged_in(staging)]).project("user_id").distinct()
        column = users.filter("user_id IS NOT NULL").to_arrow_table()["user_id"]
        return list(column.to_pylist())


def _count(work: Work, staging: Path, users: frozenset[int]) -> int:
    """Count the staged rows of some users that have an instant."""
    if not users:
        return 0
    with work.connect() as connection:
        dated = read_days(connection, [staged_in(staging)]).filter("timestamp IS NOT NULL")
        theirs = dated.filter(f"user_id IN ({', '.join(map(str, sorted(users)))})")
        counted = theirs.aggregate("count(*)").fetchone()
        return int(counted[0]) if counted else 0


def _rewrite_all(work: Work, folder: Path, days: Mapping[date, _Source]) -> Sequence[DayRewrite]:
    with work.connect() as connection:
        rewritten = [_rewrite(connection, folder, day, source) for day, source in days.items()]
    sync_folders({day.path.parent for day in rewritten if day.path} | {folder})
    return rewritten


def _rewrite(
    connection: duckdb.DuckDBPyConnection, folder: Path, day: date, source: _Source
) -> DayRewrite:
    before, target = source.listed, source.target
    found = list(source.staged.iterdir())
    if before is not None and not source.replace:
        found.append(intact_path(folder, before))
    rows, sha256 = write_day_file(connection, read_days(connection, found, source.erased), target)
    is_same = before is not None and before.sha256 == sha256 and is_whole(folder, before)
    if is_same:
        target.unlink()
    return DayRewrite(
        day=day,
        path=None if is_same else target,
        before=before.rows if before else 0,
        rows=rows,
        sha256=sha256,
    )
