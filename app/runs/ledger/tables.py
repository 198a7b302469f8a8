"""The tables of a report: an academy's day in them is encoded, hashed, replaced and removed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
import polars as pl
from sqlalchemy import Table as TableOfDatabase
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.copy import EncodedRows, content_sha256, copy_in, encode
from app.kit.db.partitions import is_monthly
from app.kit.db.tables import Table

DAY_COLUMN, ACADEMY_COLUMN, PERSON_COLUMN, RUN_COLUMN = (
    "report_date",
    "academy_id",
    "user_id",
    "run_id",
)
SORTED = orjson.OPT_SORT_KEYS
InsertRows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table of a report; its primary key begins with `report_date` and `academy_id`.

    The rows of a table that is partitioned by month are written with binary COPY, so the types of
    its frame must be those of its columns; the rows of any other table are inserted, and may have
    Python objects for JSONB. A column `run_id` is filled in. `stored_order` sorts the rows of an
    academy's day as they are to lie in the table. `derive` computes the rows of an academy's day
    from those of the report's first table; without it, `process_data` returns them.
    """

    model: type[Table]
    stored_order: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    derive: Callable[[pl.DataFrame], pl.DataFrame] | None = None

    @property
    def table(self) -> TableOfDatabase:
        """The table with its columns, as SQLAlchemy describes it."""
        table: TableOfDatabase = self.model.__table__  # type: ignore[attr-defined]
        return table

    @property
    def name(self) -> str:
        """The name in the database."""
        return self.table.name

    @property
    def key(self) -> Sequence[str]:
        """The columns of the primary key, in their order."""
        return [column.name for column in self.table.primary_key.columns]

    @property
    def is_monthly(self) -> bool:
        """Whether the table is partitioned by month of `report_date`."""
        return is_monthly(self.table)

    @property
    def has_people(self) -> bool:
        """Whether a row belongs to a person, so that an erasure has to delete it."""
        return PERSON_COLUMN in self.table.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTable:
    """Rows ready to be written: encoded for COPY, or as they are for INSERT."""

    table: ReportTable
    rows: EncodedRows | InsertRows


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDay:
    """An academy's day, ready to be written; `rows` counts those of the report's first table.

    `content_sha256` identifies the content of all tables whose rows are not derived.
    """

    day: date
    academy_id: int
    rows: int
    content_sha256: bytes
    tables: Sequence[PreparedTable]


def prepare_day(
    tables: Sequence[ReportTable],
    frames: Mapping[str, pl.DataFrame],
    academy_id: int,
    *,
    day: date,
    run_id: UUID,
) -> PreparedDay:
    """Encode an academy's day from the frames of all academies, by the names of their tables.

    The hash leaves the run out. Called outside any transaction, because it takes long.
    """
    own = {
        name: frame.filter(pl.col(ACADEMY_COLUMN) == academy_id) for name, frame in frames.items()
    }
    first = own[tables[0].name]
    written = {
        table.name: own[table.name] if table.derive is None else table.derive(first)
        for table in tables
    }
    return PreparedDay(
        day=day,
        academy_id=academy_id,
        rows=first.height,
        content_sha256=_hash([own[table.name] for table in tables if table.derive is None]),
        tables=[_prepare(table, written[table.name], run_id) for table in tables],
    )


def _hash(frames: Sequence[pl.DataFrame]) -> bytes:
    """Hash the frames: of one, its own hash; of several, that of their hashes."""
    digests = [content_sha256(_with_text(frame)) for frame in frames]
    return digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()


def _with_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write Python objects as JSON, with the names in order."""
    texts = [
        pl.Series(
            column.name,
            [orjson.dumps(each, option=SORTED).decode() for each in column.to_list()],
            dtype=pl.String,
        )
        for column in frame
        if column.dtype == pl.Object
    ]
    return frame.with_columns(texts)


def _prepare(table: ReportTable, rows: pl.DataFrame, run_id: UUID) -> PreparedTable:
    in_order = rows if table.stored_order is None else table.stored_order(rows)
    has_run = RUN_COLUMN in table.table.columns
    if table.is_monthly:
        with_run = in_order.with_columns(run_id=pl.lit(run_id.bytes)) if has_run else in_order
        return PreparedTable(table=table, rows=encode(with_run))
    of_run = {RUN_COLUMN: run_id} if has_run else {}
    return PreparedTable(table=table, rows=[row | of_run for row in in_order.to_dicts()])


async def replace_day(session: AsyncSession, prepared: PreparedDay) -> None:
    """Replace the academy's day in every table, in the caller's transaction."""
    await remove_day(
        session, [each.table for each in prepared.tables], prepared.day, prepared.academy_id
    )
    for each in prepared.tables:
        if isinstance(each.rows, EncodedRows):
            if each.rows.rows:
                await copy_in(session, each.table.name, each.rows)
        elif each.rows:
            day: Mapping[str, object] = {DAY_COLUMN: prepared.day}
            await session.exec(
                insert(each.table.table), params=[{**day, **row} for row in each.rows]
            )


async def remove_day(
    session: AsyncSession, tables: Sequence[ReportTable], day: date, academy_id: int
) -> None:
    """Remove the academy's day from every table, in the caller's transaction."""
    for each in tables:
        columns = each.table.columns
        of_day = (columns[DAY_COLUMN] == day, columns[ACADEMY_COLUMN] == academy_id)
        await session.exec(each.table.delete().where(*of_day))
