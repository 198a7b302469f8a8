"""Reading on connections of its own: planned once, never stuck with one that is lost."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest

from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import READ_SETTINGS, ReadPool

PID = Statement(sql="SELECT pg_backend_pid() AS pid", params={})


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[ReadPool]:
    """A reader with one connection."""
    reader = ReadPool(partial(database.connect, READ_SETTINGS), most=1)
    yield reader
    await reader.close()


async def pid_of(reader: ReadPool) -> int:
    """Return the backend that answers."""
    ((pid,),) = await reader.rows(PID)
    return int(pid)


async def test_a_statement_is_never_planned_for_its_values(reader: ReadPool) -> None:
    sql = "SELECT count(*) FROM report_days WHERE academy_id = :academy"
    for academy in range(10):
        await reader.rows(Statement(sql=sql, params={"academy": academy}))

    counted = "SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE :sql"
    rows = await reader.rows(Statement(sql=counted, params={"sql": "SELECT count(*)%"}))

    assert [tuple(row) for row in rows] == [(0,)]


async def test_all_who_ask_share_the_connections_there_may_be(reader: ReadPool) -> None:
    pids = await asyncio.gather(*(pid_of(reader) for _ in range(20)))

    assert len(set(pids)) == 1


async def test_a_connection_that_was_ended_is_replaced(
    reader: ReadPool, database: Database
) -> None:
    stop = "SELECT pg_terminate_backend(:pid)"
    for _ in range(20):  # its end is heard before the next question, meanwhile, or after it
        ended = await pid_of(reader)
        await database.reader.rows(Statement(sql=stop, params={"pid": ended}))

        assert await pid_of(reader) != ended


async def test_what_ends_its_connection_every_time_is_a_database_that_does_not_answer(
    reader: ReadPool,
) -> None:
    end = Statement(sql="SELECT pg_terminate_backend(pg_backend_pid())", params={})

    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)):
        await reader.rows(end)

    assert await pid_of(reader) > 0


async def test_a_wrong_statement_is_told_and_forgotten(reader: ReadPool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await reader.rows(Statement(sql="SELECT 1 FROM nothing", params={}))

    assert await pid_of(reader) > 0


async def test_what_takes_too_long_is_ended_and_said(database: Database) -> None:
    hasty = ReadPool(
        partial(database.connect, {**READ_SETTINGS, "statement_timeout": "1ms"}), most=1
    )

    with pytest.raises(asyncpg.QueryCanceledError):
        await hasty.rows(Statement(sql="SELECT pg_sleep(60)", params={}))

    await hasty.close()


async def test_a_server_that_is_not_there_refuses(database: Database) -> None:
    elsewhere = Database(f"{database.url}_not_there")

    with pytest.raises(ConnectionRefusedError):
        await elsewhere.reader.rows(PID)


async def test_a_value_that_does_not_fit_is_no_lost_connection(reader: ReadPool) -> None:
    with pytest.raises(asyncpg.DataError):
        await reader.rows(Statement(sql="SELECT CAST(:n AS bigint)", params={"n": "x"}))


async def test_who_gives_up_leaves_his_place_to_the_next(reader: ReadPool) -> None:
    for_ever = Statement(sql="SELECT pg_sleep(600)", params={})

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.rows(for_ever)

    assert await pid_of(reader) > 0
