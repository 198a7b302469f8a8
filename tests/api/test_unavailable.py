"""Whatever a route reads and however, what passes is 503 and says when to come back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url, text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from tests.support.http_client import open_client, service, token
from tests.support.locks import wait_for_lock_waiters
from tests.support.tcp_proxy import proxied_database, table_lock, terminate_waiting_backends

SCOPES = (Scope.REPORTS_READ, Scope.ALERTS_READ, Scope.DATA_WRITE)
WAITED_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of route: one of them, and a table that it needs."""

    method: str
    path: str
    table: str


KINDS = [
    pytest.param(Kind(method="GET", path="/churn/risk", table="report_days"), id="hot read"),
    pytest.param(Kind(method="GET", path="/reports/runs", table="report_runs"), id="session"),
    pytest.param(Kind(method="PUT", path="/academies", table="academies"), id="write"),
    pytest.param(Kind(method="GET", path="/alerts?format=csv", table="alerts"), id="stream"),
]


async def ask(client: httpx.AsyncClient, kind: Kind, name: str = "x") -> httpx.Response:
    body = [{"id": 1, "slug": "x", "name": name}] if kind.method == "PUT" else None
    return await client.request(kind.method, kind.path, json=body)


def check(answer: httpx.Response, code: str) -> None:
    """Check that an answer is a problem that passes."""
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_lost_during_a_request_is_503(
    database: Database, tmp_path: Path, kind: Kind
) -> None:
    key = await token(database, *SCOPES)
    async with (
        proxied_database(database) as (cable, near),
        table_lock(database, kind.table),
        open_client(service(near, tmp_path), key) as client,
    ):
        answering = asyncio.create_task(ask(client, kind))
        await wait_for_lock_waiters(database, 1)
        cable.cut()
        answer = await answering

    check(answer, "database_down")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_backend_terminated_during_a_request_is_503(
    database: Database, tmp_path: Path, kind: Kind
) -> None:
    key = await token(database, *SCOPES)
    async with (
        asyncio.timeout(WAITED_SECONDS),
        table_lock(database, kind.table),
        open_client(service(database, tmp_path), key) as client,
    ):
        answering = asyncio.create_task(ask(client, kind))
        while not answering.done():
            await terminate_waiting_backends(database)
        answer = await answering

    check(answer, "database_down")


@pytest.fixture
async def unprivileged_database(database: Database) -> AsyncIterator[Database]:
    """The database as a role sees it that may read and write and no more."""
    name = f"weak_{uuid4().hex}"
    async with database.engine.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {name} LOGIN"))
        await connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"))
    url = make_url(database.url).set(username=name)
    seen = Database(url.render_as_string(hide_password=False))
    yield seen
    await seen.close()
    async with database.engine.begin() as connection:
        await connection.execute(text(f"DROP OWNED BY {name}"))
        await connection.execute(text(f"DROP ROLE {name}"))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_without_a_free_connection_is_503(
    database: Database, unprivileged_database: Database, tmp_path: Path, kind: Kind
) -> None:
    key = await token(database, *SCOPES)
    name = make_url(unprivileged_database.url).username
    async with open_client(service(unprivileged_database, tmp_path), key) as client:
        assert (await client.get("/me")).status_code == 200  # from now on the key is remembered
        await unprivileged_database.close()
        async with database.engine.begin() as connection:
            await connection.execute(text(f"ALTER ROLE {name} CONNECTION LIMIT 0"))
        answer = await ask(client, kind)

    check(answer, "database_busy")


FAILING_SQL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING ERRCODE = NEW.name, MESSAGE = 'on host db-7'; END $$;
    CREATE TRIGGER failing BEFORE INSERT ON academies FOR EACH ROW EXECUTE FUNCTION fail();
"""


async def test_a_failing_write_tells_a_passing_failure_from_a_bug(
    database: Database, tmp_path: Path
) -> None:
    write = Kind(method="PUT", path="/academies", table="academies")
    connection = await database.connect()
    await connection.execute(FAILING_SQL)
    await connection.close()
    async with open_client(service(database, tmp_path), await token(database, *SCOPES)) as client:
        full, stuck, bug = [await ask(client, write, code) for code in ("53100", "40P01", "22012")]

    check(full, "disk_full")
    check(stuck, "conflicting_change")
    assert (bug.status_code, bug.json()["code"]) == (500, "internal_error")
    assert "db-7" not in full.text + bug.text
