"""Erases a person from the lake by rewriting the days that hold rows of theirs."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import duckdb
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.sources.warehouse.duckdb_engine import Engine, Work
from app.sources.warehouse.lake.days import (
    read_days,
    sync_folders,
    target_of,
    write_day_file,
)
from app.sources.warehouse.lake.manifest import (
    DayRewrite,
    announce,
    intact_path,
    lock_writer,
    swap,
)
from app.sources.warehouse.models import LakeFile


async def forget(
    session: AsyncSession, user_id: int, folder: Path, engine: Engine, database: Database
) -> int:
    """Remove a user's rows, in the caller's transaction; return how many there were.

    Waits for an import that is under way, and keeps the next one waiting. The old files are
    leftovers once the transaction is committed. Raises `SourceDown` when a file is lost, which
    might hold such rows.
    """
    await lock_writer(session)
    files = (await session.exec(select(LakeFile).order_by(col(LakeFile.day)))).all()
    work = Work(engine)
    counts = await work.do(partial(_count, work, folder, files, user_id))
    theirs = {file.path: file for file in files if file.path in counts}
    if not theirs:
        return 0
    targets = {path: target_of(folder, file.day) for path, file in theirs.items()}
    await announce(database, folder, list(targets.values()))

    def rewrite_all() -> Sequence[DayRewrite]:
        with work.connect() as connection:
            rewritten = [
                _rewrite(connection, folder, file, targets[path], user_id)
                for path, file in theirs.items()
            ]
        sync_folders({target.parent for target in targets.values()})
        return rewritten

    await swap(session, folder, await work.do(rewrite_all))
    return sum(counts.values())


def _count(work: Work, folder: Path, files: Sequence[LakeFile], user_id: int) -> Mapping[str, int]:
    """Map the files that hold rows of a user to how many."""
    paths = {str(intact_path(folder, file)): file.path for file in files}
    if not paths:
        return {}
    with work.connect() as connection:
        rows = connection.read_parquet(list(paths), filename=True, hive_partitioning=False)
        theirs = rows.filter(f"user_id = {int(user_id)}")
        counted = theirs.aggregate("filename, count(*)").fetchall()
    return {paths[name]: int(count) for name, count in counted}


def _rewrite(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    file: LakeFile,
    target: Path,
    user_id: int,
) -> DayRewrite:
    others = read_days(connection, [intact_path(folder, file)], without=[user_id])
    rows, sha256 = write_day_file(connection, others, target)
    return DayRewrite(day=file.day, path=target, before=file.rows, rows=rows, sha256=sha256)
