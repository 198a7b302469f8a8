"""What every answer has, whatever is asked."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import text

from app.access.scopes import Scope
from app.api.app import create_app
from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.http.dependencies import SessionDep, ShellDep
from app.settings import Settings
from tests.support.http_client import open_client, service, token


@pytest.fixture
async def client(shared: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with open_client(service(shared, tmp_path)) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no_such_path"),
        ("POST", "/me", 405, "method_not_allowed"),
        ("GET", "/me", 401, "missing_key"),
        ("GET", "/me?colour=red", 401, "missing_key"),
        ("GET", "/healthz?colour=red", 422, "unknown_parameter"),
    ],
)
async def test_errors_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path, content=b"{")

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == {"type", "title", "status", "code", "detail", "errors"}


async def test_a_wrong_method_is_405_with_the_allowed_ones(client: httpx.AsyncClient) -> None:
    assert (await client.post("/academies")).headers["allow"] == "GET, HEAD, PUT"


async def test_an_unexpected_error_reveals_nothing_internal(
    shared: Database, tmp_path: Path
) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise ValueError("a secret")

    app = service(shared, tmp_path)
    app.include_router(router)
    async with open_client(app) as client:
        answer = await client.get("/broken", headers={"X-Request-ID": "mine"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_unreachable_database_is_503(tmp_path: Path) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none")

    async with open_client(service(away, tmp_path), "hu_a_b") as client:
        answer = await client.get("/me")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_down")


@pytest.mark.parametrize(("given", "kept"), [("mine-1", True), ("a b", False), ("x" * 65, False)])
async def test_a_request_id_is_accepted_or_generated(
    client: httpx.AsyncClient, given: str, *, kept: bool
) -> None:
    answer = await client.get("/nothing", headers={"X-Request-ID": given})

    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"]


async def test_cors_allows_configured_origins_only(shared: Database, tmp_path: Path) -> None:
    origin = {"Origin": "https://dash.example"}
    opened = create_app(Settings(home=tmp_path), cors_origins=["https://dash.example"])

    async with open_client(service(shared, tmp_path)) as closed, open_client(opened) as client:
        without = await closed.get("/nothing", headers=origin)
        allowed = await client.get("/nothing", headers=origin)

    assert "access-control-allow-origin" not in without.headers
    assert allowed.headers["access-control-allow-origin"] == "https://dash.example"
    assert "ETag" in allowed.headers["access-control-expose-headers"]


async def test_the_documentation_page_loads_nothing_from_other_hosts(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/docs")
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    answers = [await client.get(asset) for asset in assets]

    assert len(assets) >= 2
    assert all(asset.startswith("/") for asset in assets)
    assert {answer.status_code for answer in answers} == {200}


async def test_https_answers_carry_hsts(shared: Database, tmp_path: Path) -> None:
    async with open_client(service(shared, tmp_path)) as client:
        plain, secure = [await client.get(f"{way}://headsup/healthz") for way in ("http", "https")]

    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


async def test_large_answers_are_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"


async def test_the_root_redirects_to_the_documentation(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", follow_redirects=True)

    assert (answer.status_code, answer.url.path) == (200, "/docs")


async def test_a_trailing_slash_is_404(client: httpx.AsyncClient) -> None:
    """To be sent on would be to http, with the key, behind whoever ends the TLS."""
    assert (await client.get("/me/")).status_code == 404


async def test_head_requests_are_answered(client: httpx.AsyncClient) -> None:
    whole, head = await client.get("/healthz"), await client.head("/healthz")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert (await client.head("/me")).status_code == 401


@pytest.mark.parametrize(
    ("kind", "body", "status", "pointer"),
    [
        ("application/json", "{", 422, ""),
        ("application/json", "[]", 422, ""),
        ("application/json", '{"colour": 1}', 422, "/colour"),
        ("application/json", '{"academy": [1, 0]}', 422, "/academy/1"),
        ("application/x-www-form-urlencoded", "{}", 415, "/header/Content-Type"),
        ("", "{}", 415, "/header/Content-Type"),
    ],
)
async def test_a_faulty_body_is_refused_with_its_faults(
    shared: Database, tmp_path: Path, kind: str, body: str, status: int, pointer: str
) -> None:
    key = await token(shared, Scope.REPORTS_RUN)
    async with open_client(service(shared, tmp_path), key) as client:
        headers = {"Content-Type": kind} if kind else {}
        answer = await client.post("/reports/churn/run", content=body, headers=headers)

    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_request_that_takes_too_long_is_ended(shared: Database, tmp_path: Path) -> None:
    router = APIRouter()

    @router.get("/slow")
    async def slow(session: SessionDep) -> None:
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL statement_timeout = '1ms'")
        await connection.exec_driver_sql("SELECT pg_sleep(60)")

    @router.get("/most")
    async def most(session: SessionDep, shell: ShellDep) -> list[str]:
        asked = "SELECT current_setting('statement_timeout')"
        here = await (await session.connection()).scalar(text(asked))
        ((there,),) = await shell.database.reader.rows(Statement(sql=asked, params={}))
        return [here, there]

    app = service(shared, tmp_path)
    app.include_router(router)
    async with open_client(app) as client:
        answer, limits = await client.get("/slow"), await client.get("/most")

    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert limits.json() == ["1min", "1min"]
