"""The academies over HTTP."""

from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.sources.directory.models import Academy
from tests.support.http_client import open_client, service, token


@pytest.fixture
async def five_academies(database: Database) -> None:
    """Five academies."""
    async with database.transaction() as session:
        session.add_all(Academy(id=n, slug=f"a{n}", name=f"A {n}") for n in range(1, 6))


@pytest.mark.usefixtures("five_academies")
async def test_pages_of_academies_are_linked_and_counted(
    database: Database, tmp_path: Path
) -> None:
    found: list[int] = []
    path: str | None = "/academies?limit=2&count=true"
    async with open_client(service(database, tmp_path), await token(database)) as client:
        while path is not None:
            answer = await client.get(path)
            found += [item["id"] for item in answer.json()["items"]]
            assert (answer.json()["total"], answer.headers["x-total-count"]) == (5, "5")
            path = answer.links.get("next", {}).get("url")

    assert found == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("five_academies")
async def test_a_limited_key_is_told_of_its_own(database: Database, tmp_path: Path) -> None:
    own = await token(database, academies=frozenset({2, 4}))

    async with open_client(service(database, tmp_path), own) as client:
        page = (await client.get("/academies?limit=1&count=true")).json()

    assert ([item["id"] for item in page["items"]], page["total"]) == ([2], 2)
    assert page["next_cursor"] == "2"
