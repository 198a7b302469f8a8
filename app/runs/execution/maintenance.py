"""Daily maintenance: makes partitions ahead, deletes old rows, tidies the warehouse."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.days import day_of
from app.kit.db.partitions import ensure_months
from app.runs.registry import reports
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.warehouse.temp_dirs import remove_leftovers

PARTITIONS_AHEAD = timedelta(days=31)
LOGS_KEPT = timedelta(days=30)
IDEMPOTENT_FOR = timedelta(hours=24)
OLD = {
    "pgqueuer_log": ("created", LOGS_KEPT),
    "pgqueuer_statistics": ("created", LOGS_KEPT),
    "report_run_keys": ("created_at", IDEMPOTENT_FOR),
}
HISTORY = {
    "report_runs": "finished_at",
    "report_volume_questions": "asked_at",
    "warehouse_jobs": "reserved_at",
}
"""Tables kept for `keep_runs_days`. An active run has no `finished_at`, so it stays."""

Chore = Callable[[Sources, datetime], Awaitable[None]]
"""Another daily task; it must allow being executed twice, or by two processes at once."""

log = structlog.get_logger()


async def keep_house(
    sources: Sources, settings: Settings, clock: Clock, chores: Sequence[Chore]
) -> None:
    """Make the partitions of two months, delete old rows, tidy the warehouse, run the chores."""
    now = clock()
    today = day_of(now, sources.zone)
    tables = [table for report in reports().values() for table in report.monthly_tables()]
    months = [today, today + PARTITIONS_AHEAD]
    made = sum([await ensure_months(sources.database, table, months) for table in tables])
    kept_as_history = timedelta(days=settings.keep_runs_days)
    old = OLD | {table: (column, kept_as_history) for table, column in HISTORY.items()}
    async with sources.database.transaction() as session:
        connection = await session.connection()
        for table, (column, kept) in old.items():
            statement = text(f"DELETE FROM {table} WHERE {column} < :before")  # noqa: S608 - our names
            await connection.execute(statement, {"before": now - kept})
    await sources.warehouse.tidy()
    await to_thread(remove_leftovers, sources.spool)
    for chore in chores:
        await chore(sources, now)
    log.info("house.kept", partitions=made)
