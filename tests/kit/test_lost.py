"""What the drivers raise when the server ends a connection, and when it refuses a statement."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.kit.failures import is_connection_lost, is_transient
from tests.support.locks import wait_for_lock_waiters

END_SQL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
WAIT_SQL = "SELECT pg_advisory_xact_lock(1)::text AS waited"


async def test_every_driver_says_that_a_connection_was_lost(database: Database) -> None:
    raw = await database.connect()

    async def by_a_session() -> None:
        async with database.transaction() as session:
            await (await session.connection()).execute(text(WAIT_SQL))

    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(WAIT_SQL))
        works = (by_a_session(), raw.execute(WAIT_SQL), read_frame(database, WAIT_SQL))
        waiting = asyncio.gather(*works, return_exceptions=True)
        await wait_for_lock_waiters(database, len(works))
        await connection.execute(text(END_SQL))
        raised = [*await waiting]
    with pytest.raises(asyncpg.InterfaceError) as closed:
        await raw.execute("SELECT 1")

    kinds = (DBAPIError, asyncpg.PostgresError, SourceDown, asyncpg.InterfaceError)
    for error, kind in zip([*raised, closed.value], kinds, strict=True):
        assert isinstance(error, kind)
        assert is_connection_lost(error)


@pytest.mark.parametrize(
    ("state", "is_again"),
    [("40001", True), ("40P01", True), ("55P03", True), ("23505", False), ("22012", False)],
)
async def test_passing_failures_are_known_by_their_sqlstate(
    database: Database, state: str, *, is_again: bool
) -> None:
    raising = f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$"

    with pytest.raises(DBAPIError) as refused:
        async with database.transaction() as session:
            await (await session.connection()).execute(text(raising))

    assert is_transient(refused.value) is is_again
    assert not is_connection_lost(refused.value)
