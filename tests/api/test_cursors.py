"""Cursors that nobody was given: no list stumbles over them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.cursors import Cursor, Position
from app.kit.db import Database
from tests.support.described import OPERATIONS
from tests.support.published import publish, risk
from tests.support.service import client, service, token

RUN = "00000000-0000-0000-0000-000000000000"
LISTS = [
    operation["path"].replace("{user_id}", "1").replace("{report_type}", "churn")
    for operation in OPERATIONS.values()
    if "cursor" in {each["name"] for each in operation.get("parameters", ())}
]
POSITIONS: list[Position] = [
    [],
    [None],
    [1, 2, 3],
    ["0001-01-01T00:00:00+14:00", RUN],
    ["9999-12-31T23:59:59-14:00", RUN],
    ["2026-03-01T00:00:00+00:00", "no run"],
    ["2026-03-01", 10**30],
    ["2026-03-01", "1"],
    ["2026-03-01", True],
    [2**31, "2026-03-01T00:00:00+00:00", 1],
    [1, "0001-01-01T00:00:00+14:00", 1],
    [1, "2026-03-01T00:00:00+00:00", 10**30],
    [1, 2, "2026-03-01T00:00:00+00:00"],
    [1e300, 10**30, 1, 1, "2026-03-01"],
]


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every scope, where there is something to list."""
    await publish(database, risk())
    async with client(service(database, tmp_path), await token(database, *Scope)) as asking:
        yield asking


@pytest.mark.parametrize("path", LISTS)
async def test_a_made_up_cursor_is_refused(asking: httpx.AsyncClient, path: str) -> None:
    given = [Cursor(filters={}, digest="", after=place).encode() for place in POSITIONS]
    given += ["-1", "0", str(2**63), "A" * 4000, "%00", "é"]

    answers = [await asking.get(path, params={"cursor": cursor}) for cursor in given]

    refused = [answer.status_code for answer in answers]
    assert set(refused) <= {409, 422}


async def test_academies_are_paged_by_their_link(asking: httpx.AsyncClient) -> None:
    rows = [{"id": n, "slug": f"s{n}", "name": f"Academy {n}"} for n in (1, 2, 3)]
    await asking.put("/academies", json=rows)

    first = await asking.get("/academies?limit=2")
    second = await asking.get(first.links["next"]["url"])

    found = [item["id"] for page in (first, second) for item in page.json()["items"]]
    assert found == [1, 2, 3]
    assert "next" not in second.links
