"""Which failures pass or can be ended, and which are bugs."""

import asyncio
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import duckdb
import pytest
import requests
from google.api_core import exceptions as google
from sqlalchemy import text

from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.errors import AppError, NotFound
from app.kit.failures import translate_failures, unavailable_of

FAIL_SQL = """
    CREATE FUNCTION fail(code text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = 'host db-7 said no'; END $$
"""
CODES = {
    "08006": "database_down",
    "25006": "database_read_only",
    "25P03": "too_slow",
    "28P01": "database_refused",
    "3D000": "database_refused",
    "40001": "conflicting_change",
    "40P01": "conflicting_change",
    "42501": "database_refused",
    "53100": "disk_full",
    "53200": "out_of_memory",
    "53300": "database_busy",
    "53400": "database_busy",
    "55P03": "conflicting_change",
    "57014": "too_slow",
    "57P01": "database_down",
    "57P02": "database_down",
    "57P03": "database_down",
    "58030": "storage_down",
}
BUGS = ("22012", "23505", "42703", "42P01", "XX000")


async def by_driver(database: Database, code: str) -> None:
    await database.reader.rows(Statement(sql="SELECT fail(:code)", params={"code": code}))


async def by_session(database: Database, code: str) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(text("SELECT fail(:code)"), {"code": code})


async def by_arrow(database: Database, code: str) -> None:
    await asyncio.to_thread(database.arrow.read, "SELECT fail($1)", [code])


WAYS = (by_driver, by_session, by_arrow)


@pytest.mark.parametrize("way", WAYS)
async def test_each_postgres_error_maps_to_one_failure_for_all_drivers(
    database: Database, way: Callable[[Database, str], Awaitable[None]]
) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(FAIL_SQL)

    told = {code: await told_of(way(database, code)) for code in (*CODES, *BUGS)}

    assert told == CODES | dict.fromkeys(BUGS)


async def told_of(work: Awaitable[None]) -> str | None:
    """Return the code of what fails, None for a bug."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - it is looked at
        known = unavailable_of(error)
        assert known is None or "db-7" not in known.message
        return known.code if known else None
    raise AssertionError("it did not fail")


@pytest.mark.parametrize("way", WAYS)
async def test_an_absent_server_is_down(
    tmp_path: Path, way: Callable[[Database, str], Awaitable[None]]
) -> None:
    for url in ("postgresql://nobody@127.0.0.1:9/none", f"postgresql://me@/x?host={tmp_path}"):
        assert await told_of(way(Database(url), "")) == "database_down"


async def test_a_pool_without_a_connection_is_busy(database: Database) -> None:
    small = Database(database.url, pool_size=1)
    small.engine.pool._timeout = 0.01  # type: ignore[attr-defined]

    async with small.engine.connect():
        told = await told_of(by_session(small, ""))

    await small.close()
    assert told == "database_busy"


def full_disk() -> None:
    with Path("/dev/full").open("w") as file:
        file.write("x")


def duckdb_on_a_full_disk() -> None:
    duckdb.sql("COPY (SELECT 1) TO '/dev/full'")


def too_little_memory() -> None:
    with duckdb.connect(config={"memory_limit": "1MB"}) as engine:
        engine.execute("SELECT list(range) FROM range(10_000_000)")


def unknown_host() -> None:
    socket.getaddrinfo("no-such-host.invalid", 5432)


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def of_the_system(number: int) -> Callable[[], None]:
    return raising(OSError(number, os.strerror(number), "/a/file"))


@pytest.mark.parametrize(
    ("fail", "code"),
    [
        (full_disk, "disk_full"),
        (duckdb_on_a_full_disk, "disk_full"),
        (too_little_memory, "out_of_memory"),
        (unknown_host, "database_down"),
        (of_the_system(errno.EFBIG), "disk_full"),
        (of_the_system(errno.EDQUOT), "disk_full"),
        (of_the_system(errno.EMFILE), "too_many_files"),
        (of_the_system(errno.EROFS), "storage_down"),
        (of_the_system(errno.EACCES), "storage_down"),
        (of_the_system(errno.ECONNRESET), "database_down"),
        (of_the_system(errno.ETIMEDOUT), "database_down"),
        (of_the_system(errno.EHOSTUNREACH), "database_down"),
        (raising(TimeoutError()), "database_down"),
        (raising(MemoryError()), "out_of_memory"),
        (raising(google.ServiceUnavailable("later")), "source_down"),  # type: ignore[no-untyped-call]
        (raising(google.RetryError("later", None)), "source_down"),  # type: ignore[no-untyped-call]
        (raising(requests.ConnectionError("refused")), "source_down"),
        (raising(ExceptionGroup("", [TimeoutError(), TimeoutError()])), "database_down"),
        (raising(NotFound("none")), "not_found"),
        (raising(ExceptionGroup("", [TimeoutError(), KeyError()])), None),
        (of_the_system(errno.ENOENT), None),
        (raising(google.BadRequest("wrong")), None),  # type: ignore[no-untyped-call]
        (raising(KeyError("x")), None),
    ],
)
def test_each_system_error_maps_to_one_failure(fail: Callable[[], None], code: str | None) -> None:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - any
        fail()

    known = unavailable_of(failed.value)

    assert (known.code if known else None) == code


def test_operators_are_told_more_than_clients() -> None:
    with pytest.raises(AppError) as told, translate_failures():
        of_the_system(errno.ENOSPC)()

    assert (
        told.value.message
        == "A disk is full, or a file may not grow any more: make room, and try again."
    )
    assert "(" + str(told.value.__cause__) + "): make room" in told.value.full_message
