"""The lake: activity in Parquet files, read by DuckDB; a file counts when it is listed."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.locks import hold_lock
from app.sources.imports import (
    ACTIVITY_COLUMNS,
    CheckedRows,
    Imported,
    schema_of,
)
from app.sources.warehouse.contract import (
    BatchSink,
    Extent,
    Query,
    Usage,
)
from app.sources.warehouse.dialect import parameters_of, to_duckdb
from app.sources.warehouse.duckdb_engine import Engine, Work
from app.sources.warehouse.lake.eraser import forget
from app.sources.warehouse.lake.manifest import (
    READERS_LOCK,
    intact_path,
    is_whole,
    sweep_files,
)
from app.sources.warehouse.lake.writer import STAGING, write_activity
from app.sources.warehouse.models import LakeFile
from app.sources.warehouse.temp_dirs import remove_abandoned

LAKE_BATCH_ROWS = 131_072
BIGQUERY_TYPES = {"int64": "INT64", "string": "STRING", "timestamp": "TIMESTAMP"}


class Lake:
    """Activity in the flat shape, one folder a UTC day under `home/lake`."""

    table = "lake_activity"

    def __init__(self, home: Path, database: Database, *, memory: str, threads: int) -> None:
        self._folder = home / "lake"
        self._database = database
        self._engine = Engine(memory=memory, threads=threads, temporary=home / "spool" / "duckdb")

    async def columns(self) -> Mapping[str, str]:
        """Map the canonical columns to their types."""
        return {column.name: BIGQUERY_TYPES[column.kind] for column in ACTIVITY_COLUMNS}

    async def run(self, query: Query, sink: BatchSink) -> Usage:
        """Answer from the files of the days asked; raise `SourceDown` for one that is lost."""
        async with self._files(query) as files:
            work = Work(self._engine)
            rows = await work.do(partial(_answer, work, self._folder, files, query, sink))
        return Usage(rows=rows, bytes_processed=sum(f.bytes for f in files), bytes_billed=0)

    async def estimate(self, query: Query) -> int:
        """Return the bytes of the files of the days asked."""
        async with self._files(query) as files:
            return sum(file.bytes for file in files)

    async def extent(self) -> Extent | None:
        """Return the days and rows that there are; None when there is nothing."""
        counted = select(func.min(LakeFile.day), func.max(LakeFile.day), func.sum(LakeFile.rows))
        async with self._database.transaction() as session:
            oldest, newest, rows = (await session.exec(counted)).one()
        return Extent(oldest=oldest, newest=newest, rows=int(rows)) if rows else None

    async def lost(self) -> Sequence[date]:
        """List the days whose files are not there, or not whole."""
        async with self._database.transaction() as session:
            files = (await session.exec(select(LakeFile).order_by(col(LakeFile.day)))).all()
        return await to_thread(
            lambda: [file.day for file in files if not is_whole(self._folder, file)]
        )

    async def import_activity(self, rows: CheckedRows, *, replace: bool = False) -> Imported:
        """Add rows of `ACTIVITY_COLUMNS`, or `replace` the days that they touch by them.

        All of it or nothing. One row an id and day is kept, the earliest.
        """
        return await write_activity(
            rows, self._folder, self._engine, self._database, replace=replace
        )

    async def forget(self, session: AsyncSession, user_id: int) -> int:
        """Rewrite the days that hold rows of a user, in the caller's transaction."""
        return await forget(session, user_id, self._folder, self._engine, self._database)

    async def tidy(self) -> None:
        """Remove the files that no longer count, and what killed imports left."""
        await to_thread(remove_abandoned, self._folder / STAGING)
        await sweep_files(self._database, self._folder)

    async def close(self) -> None:
        """Nothing is held open between two questions."""

    @asynccontextmanager
    async def _files(self, query: Query) -> AsyncIterator[Sequence[LakeFile]]:
        """List the files of the days asked, and keep them from being swept meanwhile."""
        first, last = _days_asked(query)
        wanted = select(LakeFile).where(col(LakeFile.day).between(first, last))
        async with hold_lock(self._database, READERS_LOCK, shared=True) as connection:
            async with connection.transaction() as session:
                files = (await session.exec(wanted.order_by(col(LakeFile.path)))).all()
            yield files


def _days_asked(query: Query) -> tuple[date, date]:
    start_at, end_at = query.params["start_at"], query.params["end_at"]
    if not isinstance(start_at, datetime) or not isinstance(end_at, datetime):
        raise TypeError("a query of the lake binds the instants start_at and end_at")
    last = end_at.astimezone(UTC) - timedelta(microseconds=1)
    return start_at.astimezone(UTC).date(), last.date()


def _answer(
    work: Work, folder: Path, files: Sequence[LakeFile], query: Query, sink: BatchSink
) -> int:
    rows = 0
    paths = [str(intact_path(folder, file)) for file in files]
    with work.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        if paths:
            connection.read_parquet(paths).create_view(Lake.table)
        else:
            connection.register(Lake.table, schema_of(ACTIVITY_COLUMNS).empty_table())
        used = {name: query.params[name] for name in parameters_of(query.sql)}
        answer = connection.execute(to_duckdb(query.sql), used)
        for batch in answer.to_arrow_reader(LAKE_BATCH_ROWS):
            work.go_on()
            sink(batch)
            rows += batch.num_rows
    return rows
