"""The list of the lake's files: which of them are current, and which are to be removed.

A file that is to be written is noted as a leftover before, and is one no longer when it is listed;
one that is listed no longer is a leftover from then on. So what a killed writer left, and what a
reader still needed when it was replaced, is found and removed later.
"""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.locks import lock_transaction, try_hold_lock
from app.kit.errors import SourceDown
from app.sources.warehouse.models import LakeFile, LakeLeftover

WRITER_LOCK = "lake/writer"
READERS_LOCK = "lake/readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRewrite:
    """A rewritten day; `path` is None if its rows did not change."""

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


def intact_path(folder: Path, file: LakeFile) -> Path:
    """Return a listed file's path; raise `SourceDown` when it is lost or not all there."""
    path = folder / file.path
    if not is_whole(folder, file):
        raise SourceDown(
            f"{path} is lost or damaged:"
            f" import the activity of {file.day} again, with --replace-days"
        )
    return path


def is_whole(folder: Path, file: LakeFile) -> bool:
    """Say whether a listed file is there, with as many bytes as it had."""
    path = folder / file.path
    return path.is_file() and path.stat().st_size == file.bytes


async def lock_writer(session: AsyncSession) -> None:
    """Let one transaction at a time write the lake."""
    await lock_transaction(session, WRITER_LOCK)


async def listed_files(session: AsyncSession, days: Sequence[date]) -> Mapping[date, LakeFile]:
    """Map those of `days` that have rows to their file."""
    files = await session.exec(select(LakeFile).where(col(LakeFile.day).in_(days)))
    return {file.day: file for file in files}


async def announce(database: Database, folder: Path, targets: Sequence[Path]) -> None:
    """Note files that are about to be written, in a transaction of its own."""
    async with database.transaction() as session:
        await _leave(session, [str(target.relative_to(folder)) for target in targets])


async def swap(session: AsyncSession, folder: Path, rewritten: Sequence[DayRewrite]) -> None:
    """List the new files in the old ones' stead, in the caller's transaction."""
    changed = [day for day in rewritten if day.path is not None]
    replaced = delete(LakeFile).where(col(LakeFile.day).in_([day.day for day in changed]))
    old = (await session.exec(replaced.returning(col(LakeFile.path)))).scalars().all()
    await _leave(session, old)
    files = [
        LakeFile(
            path=str(day.path.relative_to(folder)),
            day=day.day,
            rows=day.rows,
            bytes=day.path.stat().st_size,
            sha256=day.sha256,
        )
        for day in changed
        if day.path is not None and day.rows
    ]
    session.add_all(files)
    await _drop(session, [file.path for file in files])


async def sweep_files(database: Database, folder: Path, days: Sequence[date] = ()) -> None:
    """Remove the leftovers, and what is not listed of `days`, unless somebody writes or reads now.

    Other days are left alone: to a database that was restored or is new, a file that it does not
    list may be the only one there is.
    """
    async with (
        try_hold_lock(database, WRITER_LOCK) as writer,
        try_hold_lock(database, READERS_LOCK) as reader,
    ):
        if writer is None or reader is None:
            return
        async with writer.transaction() as session:
            known = {file.path for file in (await listed_files(session, days)).values()}
            left = (await session.exec(select(LakeLeftover.path))).all()
        removed = await to_thread(_remove, folder, left)
        await to_thread(_remove_unlisted, folder, days, known)
        async with writer.transaction() as session:
            await _drop(session, removed)


async def _leave(session: AsyncSession, paths: Sequence[str]) -> None:
    if paths:
        values = [{"path": path} for path in paths]
        await session.exec(insert(LakeLeftover).values(values).on_conflict_do_nothing())


async def _drop(session: AsyncSession, paths: Sequence[str]) -> None:
    await session.exec(delete(LakeLeftover).where(col(LakeLeftover.path).in_(paths)))


def _remove(folder: Path, paths: Sequence[str]) -> Sequence[str]:
    """Remove files; return those that are gone. Where not even the folder is, it is elsewhere."""
    ours = [path for path in paths if (folder / path).parent.is_dir()]
    for path in ours:
        (folder / path).unlink(missing_ok=True)
    return ours


def _remove_unlisted(folder: Path, days: Sequence[date], known: set[str]) -> None:
    for day in days:
        for path in (folder / day.isoformat()).glob("*.parquet"):
            if str(path.relative_to(folder)) not in known:
                path.unlink()
