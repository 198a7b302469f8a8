"""Imports into the lake: days are rewritten beside the old ones, then the list is swapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import Database
from app.sources.directory import erasure
from app.sources.files import ACTIVITY_COLUMNS, Imported, Rows, schema_of
from app.sources.warehouse.engine import Engine, Work
from app.sources.warehouse.folders import private_folder
from app.sources.warehouse.lake_days import quoted, read_days, sync_folders, target_of, write_day
from app.sources.warehouse.lake_list import (
    Rewritten,
    announce,
    is_whole,
    listed,
    lock_writer,
    swap,
    sweep,
    whole,
)
from app.sources.warehouse.models import LakeFile

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
    rows: Rows, folder: Path, engine: Engine, database: Database, *, replace: bool
) -> Imported:
    """Import rows, one import at a time; the list changes in one transaction.

    Rows of people who were erased are left out.
    """
    with private_folder(folder / STAGING) as staging:
        work = Work(engine)
        read = await work.do(partial(_stage, work, rows, staging))
        days = await work.do(partial(_part, work, staging))
        async with database.transaction() as session:
            await lock_writer(session)
            erased = await _erased(session, work, staging)
            before = await listed(session, [day for day, _ in days])
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
            await swap(session, folder, rewritten)
    await sweep(database, folder, [day for day, _ in days])
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


def _stage(work: Work, rows: Rows, staging: Path) -> int:
    """Write the checked rows into one file, a batch in memory at a time; return how many."""
    schema, read = schema_of(ACTIVITY_COLUMNS), 0
    with pq.ParquetWriter(_staged(staging), schema, compression="zstd") as writer:
        for batch in rows:
            work.go_on()
            writer.write_batch(batch.cast(schema))
            read += batch.num_rows
    return read


def _staged(staging: Path) -> Path:
    return staging / "all.parquet"


def _part(work: Work, staging: Path) -> Sequence[tuple[date, int]]:
    """Part the staged rows by their UTC day; return each day and its rows."""
    with work.connect() as connection:
        read_days(connection, [_staged(staging)]).create_view("staged")
        connection.execute(
            f"COPY (SELECT *, CAST(timestamp AS DATE) AS day FROM staged"  # noqa: S608 - our folder
            f" WHERE timestamp IS NOT NULL) TO '{quoted(staging / 'days')}'"
            " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))"
        )
        counted = connection.execute(
            "SELECT CAST(timestamp AS DATE) AS day, count(*) FROM staged"
            " WHERE timestamp IS NOT NULL GROUP BY day ORDER BY day"
        )
        return counted.fetchall()


async def _erased(session: AsyncSession, work: Work, staging: Path) -> frozenset[int]:
    """Return whoever of the staged rows was erased: an erasure holds the lock that we hold."""
    if not await erasure.count(session):
        return frozenset()
    users = await work.do(partial(_users, work, staging))
    return await erasure.erased_among(session, users)


def _users(work: Work, staging: Path) -> Sequence[int]:
    with work.connect() as connection:
        users = read_days(connection, [_staged(staging)]).project("user_id").distinct()
        column = users.filter("user_id IS NOT NULL").to_arrow_table()["user_id"]
        return list(column.to_pylist())


def _count(work: Work, staging: Path, users: frozenset[int]) -> int:
    """Count the staged rows of some users that have an instant."""
    if not users:
        return 0
    with work.connect() as connection:
        dated = read_days(connection, [_staged(staging)]).filter("timestamp IS NOT NULL")
        theirs = dated.filter(f"user_id IN ({', '.join(map(str, sorted(users)))})")
        counted = theirs.aggregate("count(*)").fetchone()
        return int(counted[0]) if counted else 0


def _rewrite_all(work: Work, folder: Path, days: Mapping[date, _Source]) -> Sequence[Rewritten]:
    with work.connect() as connection:
        rewritten = [_rewrite(connection, folder, day, source) for day, source in days.items()]
    sync_folders({day.path.parent for day in rewritten if day.path} | {folder})
    return rewritten


def _rewrite(
    connection: duckdb.DuckDBPyConnection, folder: Path, day: date, source: _Source
) -> Rewritten:
    before, target = source.listed, source.target
    found = list(source.staged.iterdir())
    if before is not None and not source.replace:
        found.append(whole(folder, before))
    rows, sha256 = write_day(connection, read_days(connection, found, source.erased), target)
    is_same = before is not None and before.sha256 == sha256 and is_whole(folder, before)
    if is_same:
        target.unlink()
    return Rewritten(
        day=day,
        path=None if is_same else target,
        before=before.rows if before else 0,
        rows=rows,
        sha256=sha256,
    )
