"""Every read says what it depends on: what is known already is not sent again."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.directory.models import User
from tests.support.alerting import critical, published
from tests.support.copied import copied_database
from tests.support.described import OPERATIONS
from tests.support.service import client, service, token

VARY = {"authorization", "accept", "accept-encoding"}
READS = {
    name: operation["path"]
    for name, operation in OPERATIONS.items()
    if operation["method"] == "GET" and operation.get("security")
}


async def in_trouble(database: Database, _: Path) -> None:
    """One learner, who has a name and alerts."""
    await published(database, critical(1))
    async with database.transaction() as session:
        session.add(User(id=1, email="one@example.com"))


database = copied_database(in_trouble)


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every scope."""
    async with client(service(database, tmp_path), await token(database, *Scope)) as asking:
        yield asking


async def concrete(asking: httpx.AsyncClient, path: str) -> str:
    """Put what there is into a path."""
    if "{alert_id}" in path:
        alert = (await asking.get("/alerts")).json()["items"][0]
        path = path.replace("{alert_id}", str(alert["id"]))
    if "{run_id}" in path:
        made = (await asking.post("/reports/churn/run")).json()
        path = path.replace("{run_id}", made["id"])
    return path.replace("{user_id}", "1").replace("{report_type}", "churn")


@pytest.mark.parametrize("name", READS)
async def test_what_is_known_is_not_sent_again(asking: httpx.AsyncClient, name: str) -> None:
    path = await concrete(asking, READS[name])
    answer = await asking.get(path)
    etag = answer.headers["etag"]

    again = await asking.get(path, headers={"If-None-Match": f'"other", {etag}'})
    other = await asking.get(path, headers={"If-None-Match": '"other"'})
    head = await asking.head(path)

    assert (answer.status_code, other.status_code, again.status_code) == (200, 200, 304)
    assert (again.content, head.content) == (b"", b"")
    for each in (answer, again, head):
        assert each.headers["etag"] == etag
        assert {part.strip().lower() for part in each.headers["vary"].split(",")} == VARY
        assert each.headers["cache-control"] == "private, no-cache"
    assert "304" in OPERATIONS[name]["responses"]


async def test_a_run_that_went_on_is_sent_again(asking: httpx.AsyncClient) -> None:
    path = await concrete(asking, "/reports/runs/{run_id}")
    etag = (await asking.get(path)).headers["etag"]

    await asking.post(f"{path}/cancel")

    assert (await asking.get(path, headers={"If-None-Match": etag})).status_code == 200


async def test_an_alert_that_shows_something_else_is_sent_again(
    asking: httpx.AsyncClient, database: Database
) -> None:
    path = await concrete(asking, "/alerts/{alert_id}")
    etag = (await asking.get(path)).headers["etag"]
    async with database.transaction() as session:
        (await session.get_one(User, 1)).full_name = "One"

    renamed = await asking.get(path, headers={"If-None-Match": etag})
    changed = await asking.patch(path, json={"note": "called"}, headers={"If-Match": etag})

    assert (renamed.status_code, changed.status_code) == (200, 200)
