"""What every answer has, whatever is asked."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from app.api.app import create_app
from app.kit.db import Database
from app.settings import Settings
from tests.support.service import client, service, token


@pytest.fixture
async def asking(shared: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with client(service(shared, tmp_path)) as asking:
        yield asking


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no_such_path"),
        ("POST", "/me", 405, "method_not_allowed"),
        ("GET", "/me", 401, "missing_key"),
        ("GET", "/me?colour=red", 422, "unknown_parameter"),
    ],
)
async def test_errors_are_problems(
    asking: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await asking.request(method, path, content=b"{")

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == {"type", "title", "status", "code", "detail", "errors"}


async def test_a_wrong_method_is_told_the_right_ones(asking: httpx.AsyncClient) -> None:
    assert (await asking.post("/academies")).headers["allow"] == "GET, PUT"


async def test_a_bug_shows_nothing_of_the_inside(shared: Database, tmp_path: Path) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise ValueError("a secret")

    app = service(shared, tmp_path)
    app.include_router(router)
    async with client(app) as asking:
        answer = await asking.get("/broken", headers={"X-Request-ID": "mine"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "mine"


async def test_a_database_that_is_away_is_503(tmp_path: Path) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none")

    async with client(service(away, tmp_path), "hu_a_b") as asking:
        answer = await asking.get("/me")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_down")


@pytest.mark.parametrize(("given", "kept"), [("mine-1", True), ("a b", False), ("x" * 65, False)])
async def test_a_request_id_is_taken_or_drawn(
    asking: httpx.AsyncClient, given: str, *, kept: bool
) -> None:
    answer = await asking.get("/nothing", headers={"X-Request-ID": given})

    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"]


async def test_other_origins_are_let_in_only_where_configured(
    shared: Database, tmp_path: Path
) -> None:
    origin = {"Origin": "https://dash.example"}
    opened = create_app(Settings(home=tmp_path), cors_origins=["https://dash.example"])

    async with client(service(shared, tmp_path)) as closed, client(opened) as asking:
        without = await closed.get("/nothing", headers=origin)
        allowed = await asking.get("/nothing", headers=origin)

    assert "access-control-allow-origin" not in without.headers
    assert allowed.headers["access-control-allow-origin"] == "https://dash.example"
    assert "ETag" in allowed.headers["access-control-expose-headers"]


async def test_the_page_of_the_description_asks_no_foreign_host(asking: httpx.AsyncClient) -> None:
    page = await asking.get("/docs")
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    answers = [await asking.get(asset) for asset in assets]

    assert len(assets) >= 2
    assert all(asset.startswith("/") for asset in assets)
    assert {answer.status_code for answer in answers} == {200}


async def test_large_answers_are_packed(asking: httpx.AsyncClient) -> None:
    answer = await asking.get("/openapi.json", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"


async def test_answers_are_private(shared: Database, tmp_path: Path) -> None:
    async with client(service(shared, tmp_path), await token(shared)) as asking:
        assert (await asking.get("/me")).headers["cache-control"] == "private"
