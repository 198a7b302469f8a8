"""Puts the rows of a file beside a table, so that scripts of SQL can compare the two."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import copy
from app.sources.directory import erasure
from app.sources.imports.columns import Column, schema_of
from app.sources.imports.faults import MAX_LISTED, RowFault
from app.sources.imports.reader import CheckedRows
from app.sources.imports.result import Imported

STAGED = "staged"
SEPARATOR = ";\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How a kind of file is imported; every script works on the temporary table `staged`.

    `stage` makes it, with the columns and `row`, whose first is 1; `collapse` leaves one of
    identical rows; `conflicts` selects rows that contradict each other (`row`, `other`, the
    `column` they share, its value as `found`, and the `total`); `merge` takes over the rest.
    Scripts count what they did by selecting numbers named as the fields of `Imported`.

    Of a writer who may write some academies only, `beyond` selects the rows that concern others
    (`row`, `column`, `message`, `total`). `identify` and `identify_own` replace the id that a row
    was sent with by the one under which the writer's subscription is stored.
    """

    kind: str
    columns: tuple[Column, ...]
    stage: str
    collapse: str
    conflicts: str
    merge: tuple[str, ...]
    of_people: bool = True
    beyond: str | None = None
    identify: str | None = None
    identify_own: str | None = None


async def load_staged(
    session: AsyncSession,
    rows: CheckedRows,
    loading: Loading,
    now: datetime,
    *,
    academies: Collection[int] | None = None,
) -> Imported:
    """Import rows in the caller's transaction; raise `Invalid` for what contradicts itself.

    With `academies`, raises it too for rows that concern other ones. `stage` has locked the table
    until the transaction ends, so that what is found then is still so when the rows are written.
    """
    if loading.of_people:
        await erasure.keep_out(session)
    await _run(session, loading.stage, now)
    read = await _copy(session, rows, loading)
    counts: Counter[str] = Counter()
    if loading.of_people:
        counts["skipped_erased"] = await erasure.skip_staged(session)
    await _confine(session, rows, loading, academies)
    counts.update(await _run(session, loading.collapse, now))
    await _refuse_conflicts(session, rows, loading.conflicts)
    for script in loading.merge:
        counts.update(await _run(session, script, now))
    return Imported(kind=loading.kind, read=read, ignored_columns=rows.ignored_columns, **counts)


async def _copy(session: AsyncSession, rows: CheckedRows, loading: Loading) -> int:
    schema = schema_of(loading.columns).append(pa.field("row", pa.int64()))
    read = await copy.copy_batches(session, STAGED, schema, _numbered(rows, schema))
    await (await session.connection()).execute(text(f"ANALYZE {STAGED}"))
    return read


async def _run(session: AsyncSession, script: str, now: datetime) -> Mapping[str, int]:
    connection = await session.connection()
    counts: Counter[str] = Counter()
    for clause in _statements(script):
        params = {"now": now} if "now" in clause.compile().params else {}
        result = await connection.execute(clause, params)
        if result.returns_rows:
            counts.update({str(name): count for name, count in result.mappings().one().items()})
    return counts


async def _confine(
    session: AsyncSession, rows: CheckedRows, loading: Loading, academies: Collection[int] | None
) -> None:
    """Refuse rows beyond the academies, and find out which things the others are about."""
    connection = await session.connection()
    reach = {} if academies is None else {"academies": sorted(academies)}
    if loading.beyond is not None and reach:
        (sql,) = _statements(loading.beyond)
        found = await connection.execute(sql, {"listed": MAX_LISTED, **reach})
        if beyond := found.mappings().all():
            faults = [
                RowFault(row=each["row"], column=each["column"], message=each["message"])
                for each in beyond
            ]
            raise rows.refusal(faults, beyond[0]["total"])
    identify = loading.identify_own if reach else loading.identify
    if identify is not None:
        (sql,) = _statements(identify)
        await connection.execute(sql, reach)


async def _refuse_conflicts(session: AsyncSession, rows: CheckedRows, script: str) -> None:
    (sql,) = _statements(script)
    result = await (await session.connection()).execute(sql, {"listed": MAX_LISTED})
    conflicts = result.mappings().all()
    if conflicts:
        faults = [
            RowFault(
                row=conflict["row"],
                column=conflict["column"],
                message=f"{conflict['found']} has other values in row {conflict['other']}, "
                "and nothing says which of the two is newer",
            )
            for conflict in conflicts
        ]
        raise rows.refusal(faults, conflicts[0]["total"])


def _statements(script: str) -> Sequence[TextClause]:
    return [text(statement) for statement in script.split(SEPARATOR)]


def _numbered(rows: CheckedRows, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in rows:
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        first += batch.num_rows
        yield pa.RecordBatch.from_arrays([*batch.columns, numbers], schema=schema)
