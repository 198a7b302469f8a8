"""Ends subscriptions that are gone from the platform, unless implausibly many are gone."""

from datetime import datetime

import pyarrow as pa
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import copy
from app.kit.errors import Conflict
from app.sources.imports import CheckedRows
from app.sources.imports.staging import Loading, load_staged
from app.sources.platform.reader import SEEN, PlatformRows
from app.sources.subscriptions.imports import SUBSCRIPTION_IMPORT
from app.sources.subscriptions.statuses import load_status_sql

FEW = 20
MOST_SHARE = 0.5
"""More than these vanish when the wrong database is read, or an empty one."""
GONE_SQL = text(load_status_sql(__package__, "gone"))
PREPARE = (
    "DROP TABLE IF EXISTS seen, compared",
    "CREATE TEMPORARY TABLE seen (id text NOT NULL) ON COMMIT DROP",
    "CREATE TEMPORARY TABLE compared (prefix text NOT NULL) ON COMMIT DROP",
)
COMPARED_PREFIXES_SQL = text("INSERT INTO compared SELECT unnest(CAST(:prefixes AS text[]))")
VANISHED = Loading(
    kind="vanished",
    columns=SUBSCRIPTION_IMPORT.columns,
    stage=load_status_sql(__package__, "vanished"),
    collapse=SUBSCRIPTION_IMPORT.collapse,
    conflicts=SUBSCRIPTION_IMPORT.conflicts,
    merge=SUBSCRIPTION_IMPORT.merge,
)


async def end(session: AsyncSession, reading: PlatformRows, now: datetime, *, accept: bool) -> int:
    """End what is live here and gone there, as of `now`; return how many.

    Only of the kinds that were read whole. Raises `Conflict` if that would end most of a kind.
    """
    prefixes = [question.prefix for question in reading.compared if question.prefix]
    if not prefixes:
        return 0
    connection = await session.connection()
    for statement in PREPARE:
        await connection.execute(text(statement))
    await connection.execute(COMPARED_PREFIXES_SQL, {"prefixes": prefixes})
    await copy.copy_batches(session, "seen", SEEN, reading.seen.batches())
    await connection.execute(text("ANALYZE seen"))
    await _refuse_most(session, accept=accept)
    nothing: list[pa.RecordBatch] = []
    return (
        await load_staged(session, CheckedRows(iter(nothing), name="vanished"), VANISHED, now)
    ).changed


async def _refuse_most(session: AsyncSession, *, accept: bool) -> None:
    for kind in (await (await session.connection()).execute(GONE_SQL)).mappings():
        if not accept and kind["gone"] >= FEW and kind["gone"] > MOST_SHARE * kind["live"]:
            raise Conflict(
                f"{kind['gone']:,} of {kind['live']:,} live subscriptions ({kind['prefix']}:...)"
                " are no longer on the platform, so nothing was changed. Is it the right database?"
                " If they were really deleted, run `headsup sync --full --accept-vanished`.",
                code="most_vanished",
            )
