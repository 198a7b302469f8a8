"""Two keys, two academies: no operation tells one of the other's."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.directory.models import Academy, User
from app.sources.subscriptions.models import Subscription
from app.sources.subscriptions.statuses import SubscriptionStatus
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)
from tests.support.openapi_document import OPERATIONS
from tests.support.published_days import publish, risk

OWN, OTHER = 1, 2
NOT_THEIRS = frozenset({Scope.PEOPLE_ERASE})
QUERIES = (
    "",
    f"academy={OTHER}",
    "date=2026-03-10",
    "count=true",
    "format=ndjson",
    "group=academy",
)
SECRETS = ("777000777", "other@example.com", "other-slug", ":7.77")
"""What only the other academy has: its learner, an address, its name, a score."""


def questions() -> Iterator[tuple[str, str]]:
    """List every operation of the description, with each query that it takes."""
    for operation in OPERATIONS.values():
        taken = {each["name"] for each in operation.get("parameters", ())}
        for query in QUERIES:
            if not query or query.partition("=")[0] in taken:
                yield operation["method"], f"{operation['path']}?{query}".rstrip("?")


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the one academy, where the other has a learner, a subscription, a key."""
    await publish(
        database, risk(user_id=1), risk(user_id=777000777, academy_id=OTHER, churn_risk_score=7.77)
    )
    async with database.transaction() as session:
        session.add(Academy(id=OTHER, slug="other-slug", name="Other"))
        session.add(User(id=777000777, email="other@example.com"))
        session.add(
            Subscription(
                id="s",
                user_id=777000777,
                academy_id=OTHER,
                status=SubscriptionStatus.ACTIVE,
                started_at=NOW,
            )
        )
    await token(database, academies=frozenset({OTHER}))
    key = await token(database, *(set(Scope) - NOT_THEIRS), academies=frozenset({OWN}))
    async with open_client(service(database, tmp_path), key) as client:
        yield client


@pytest.mark.parametrize(("method", "path"), list(questions()))
async def test_no_operation_answers_data_of_another_academy(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    concrete = path.replace("{user_id}", "777000777").replace("{key_id}", "0" * 32)

    answer = await client.request(method, concrete, json=[] if method == "PUT" else None)

    assert answer.status_code < 500
    told = answer.text.replace('"detail":"There is nothing of learner 777000777', "").replace(
        '"detail":"There is no learner 777000777', ""
    )
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize(
    ("theirs", "nobodys"),
    [
        ("/churn/risk?academy=2", "/churn/risk?academy=3"),
        ("/churn/summary?academy=2", "/churn/summary?academy=3"),
        ("/churn/trend?academy=2", "/churn/trend?academy=3"),
        ("/churn/movers?academy=2", "/churn/movers?academy=3"),
        ("/churn/risk/777000777", "/churn/risk/778000778"),
        ("/users/777000777", "/users/778000778"),
    ],
)
async def test_another_academys_resource_is_answered_like_a_missing_one(
    client: httpx.AsyncClient, theirs: str, nobodys: str
) -> None:
    one, other = await client.get(theirs), await client.get(nobodys)

    assert (one.status_code, other.status_code) == (404, 404)
    assert one.json()["code"] == other.json()["code"]


async def test_a_key_reads_its_own_academy(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/churn/risk?count=true")).json()
    (summed,) = (await client.get("/churn/summary")).json()["items"]

    assert (listed["total"], summed["subscribers"]) == (1, 1)
    assert [day["academy_id"] for day in listed["days"]] == [OWN]
