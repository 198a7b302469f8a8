"""Polls PostgreSQL for sessions that wait for a lock or idle in a transaction."""

import asyncio

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database

WAITED_SECONDS = 60
WAITING_SQL = """
    SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
IDLE_SQL = """
    SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


async def idle_transactions(database: Database) -> int:
    """Count the transactions that are open in the database and do nothing."""
    return int((await read_frame(database, IDLE_SQL)).item())


async def wait_for_lock_waiters(database: Database, waiters: int) -> None:
    """Wait until `waiters` sessions of the database wait for a lock; fail after a minute."""
    async with asyncio.timeout(WAITED_SECONDS):
        while (await read_frame(database, WAITING_SQL)).item() < waiters:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
