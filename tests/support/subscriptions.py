"""Subscriptions in a few readable words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.imports import (
    CheckedRows,
    Column,
    Imported,
    schema_of,
)
from app.sources.subscriptions.columns import HISTORY_COLUMNS, SUBSCRIPTION_COLUMNS
from app.sources.subscriptions.imports import import_history, import_subscriptions

Value = str | int | float | datetime | None
Row = Mapping[str, Value]

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def at(words: str) -> datetime:
    """Return the instant of 2024 written as `03-01` or `03-01 09:30`."""
    return datetime.fromisoformat(f"2024-{words}").replace(tzinfo=UTC)


def subscription(**changes: Value) -> Row:
    """Return a row of a file: ACTIVE since 1 March, without a stamp."""
    return {
        "id": "s1",
        "user_id": 7,
        "academy_id": 3,
        "status": "ACTIVE",
        "started_at": at("03-01"),
        **changes,
    }


def rows_of(rows: Sequence[Row], columns: Sequence[Column] = SUBSCRIPTION_COLUMNS) -> CheckedRows:
    """Return the rows as they come from a file that was read and checked."""
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema_of(columns))
    some_at_a_time = max(2, len(rows) // 10)
    return CheckedRows(
        iter(table.to_batches(max_chunksize=some_at_a_time)), name="subscriptions.csv"
    )


async def tell(session: AsyncSession, *rows: Row, now: datetime = NOW) -> Imported:
    """Import subscriptions."""
    return await import_subscriptions(session, rows_of(rows), now=now)


async def tell_history(session: AsyncSession, *rows: Row, now: datetime = NOW) -> Imported:
    """Import versions."""
    return await import_history(session, rows_of(rows, HISTORY_COLUMNS), now=now)


async def timeline(session: AsyncSession, subscription_id: str = "s1") -> list[str]:
    """Return the versions that cover any time, as `ACTIVE 03-01 00:00 to 03-05 00:00`."""
    sql = """
        SELECT status || ' ' || to_char(effective_from, 'MM-DD HH24:MI')
            || coalesce(' to ' || to_char(effective_to, 'MM-DD HH24:MI'), '')
        FROM subscription_history
        WHERE subscription_id = :id AND effective_to IS DISTINCT FROM effective_from
        ORDER BY effective_from
    """
    return await _column(session, sql, id=subscription_id)


async def reasons(session: AsyncSession, subscription_id: str = "s1") -> list[str]:
    """Return how each version says that it ended, `-` for not at all."""
    sql = """
        SELECT coalesce(end_reason, '-') FROM subscription_history
        WHERE subscription_id = :id AND effective_to IS DISTINCT FROM effective_from
        ORDER BY effective_from
    """
    return await _column(session, sql, id=subscription_id)


async def version_count(session: AsyncSession) -> int:
    """Count the versions, those included that cover no time."""
    return len(await _column(session, "SELECT version_id FROM subscription_history"))


async def everything(session: AsyncSession) -> list[str]:
    """Return all that is stored of subscriptions, but for the numbers of the versions."""
    return await _column(session, "SELECT subscriptions::text FROM subscriptions ORDER BY id") + (
        await _column(
            session,
            "SELECT (to_jsonb(h) - 'version_id')::text FROM subscription_history h "
            "ORDER BY subscription_id, effective_from, version_id",
        )
    )


async def now_known(session: AsyncSession, column: str, subscription_id: str = "s1") -> str:
    """Return a value of the subscription as it was last seen."""
    sql = f"SELECT {column}::text FROM subscriptions WHERE id = :id"  # noqa: S608 - of a test
    (value,) = await _column(session, sql, id=subscription_id)
    return value


async def _column(session: AsyncSession, sql: str, **params: Value) -> list[str]:
    return list((await (await session.connection()).execute(text(sql), params)).scalars())
