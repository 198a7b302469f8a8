"""Every read says what it depends on: what is known already is not sent again."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.directory.models import User
from tests.support.churn_alerts import critical_learner, publish_and_evaluate
from tests.support.database_copies import copied_database
from tests.support.http_client import open_client, service, token
from tests.support.openapi_document import OPERATIONS

VARY = {"authorization", "accept", "accept-encoding"}
READS = {
    name: operation["path"]
    for name, operation in OPERATIONS.items()
    if operation["method"] == "GET" and operation.get("security")
}


async def in_trouble(database: Database, _: Path) -> None:
    """One learner, who has a name and alerts."""
    await publish_and_evaluate(database, critical_learner(1))
    async with database.transaction() as session:
        session.add(User(id=1, email="one@example.com"))


database = copied_database(in_trouble)


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every scope."""
    async with open_client(service(database, tmp_path), await token(database, *Scope)) as client:
        yield client


async def concrete(client: httpx.AsyncClient, path: str) -> str:
    """Put what there is into a path."""
    if "{alert_id}" in path:
        alert = (await client.get("/alerts")).json()["items"][0]
        path = path.replace("{alert_id}", str(alert["id"]))
    if "{run_id}" in path:
        made = (await client.post("/reports/churn/run")).json()
        path = path.replace("{run_id}", made["id"])
    return path.replace("{user_id}", "1").replace("{report_type}", "churn")


@pytest.mark.parametrize("name", READS)
async def test_an_unchanged_answer_is_304(client: httpx.AsyncClient, name: str) -> None:
    path = await concrete(client, READS[name])
    answer = await client.get(path)
    etag = answer.headers["etag"]

    again = await client.get(path, headers={"If-None-Match": f'"other", {etag}'})
    other = await client.get(path, headers={"If-None-Match": '"other"'})
    head = await client.head(path)

    assert (answer.status_code, other.status_code, again.status_code) == (200, 200, 304)
    assert (again.content, head.content) == (b"", b"")
    for each in (answer, again, head):
        assert each.headers["etag"] == etag
        assert {part.strip().lower() for part in each.headers["vary"].split(",")} == VARY
        assert each.headers["cache-control"] == "private, no-cache"
    assert "304" in OPERATIONS[name]["responses"]


async def test_a_run_that_progressed_has_a_new_etag(client: httpx.AsyncClient) -> None:
    path = await concrete(client, "/reports/runs/{run_id}")
    etag = (await client.get(path)).headers["etag"]

    await client.post(f"{path}/cancel")

    assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 200


async def test_an_alert_that_changed_has_a_new_etag(
    client: httpx.AsyncClient, database: Database
) -> None:
    path = await concrete(client, "/alerts/{alert_id}")
    etag = (await client.get(path)).headers["etag"]
    async with database.transaction() as session:
        (await session.get_one(User, 1)).full_name = "One"

    renamed = await client.get(path, headers={"If-None-Match": etag})
    changed = await client.patch(path, json={"note": "called"}, headers={"If-Match": etag})

    assert (renamed.status_code, changed.status_code) == (200, 200)
