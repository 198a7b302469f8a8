"""Writing rows over HTTP, and erasing a person."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from sqlmodel import select

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.directory.models import User
from app.sources.subscriptions.models import Subscription, SubscriptionVersion
from tests.support.http_client import open_client, service, token
from tests.support.published_days import publish, risk
from tests.support.report_runs import event, put_activity, sources_of

NDJSON = {"Content-Type": "application/x-ndjson"}


def subscription(**changes: object) -> dict[str, object]:
    """Return a subscription as a source tells of it."""
    row: dict[str, object] = {"id": "s1", "user_id": 1, "academy_id": 1, "status": "ACTIVE"}
    return row | {"started_at": "2026-01-07T10:00:00Z"} | changes


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that writes for every academy and erases people."""
    scopes = (Scope.DATA_WRITE, Scope.PEOPLE_ERASE, Scope.PEOPLE_READ, Scope.REPORTS_READ)
    async with open_client(service(database, tmp_path), await token(database, *scopes)) as client:
        yield client


@pytest.fixture
async def restricted_client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that writes for academy 1 only."""
    key = await token(database, Scope.DATA_WRITE, academies=frozenset({1}))
    async with open_client(service(database, tmp_path), key) as client:
        yield client


async def test_rows_are_inserted_changed_or_left(client: httpx.AsyncClient) -> None:
    await client.put("/subscriptions", json=[subscription(), subscription(id="s2")])

    answer = await client.put(
        "/subscriptions",
        json=[subscription(), subscription(id="s2", mrr=9), subscription(id="s3")],
    )

    counts = answer.json()
    assert answer.status_code == 200, answer.text
    assert [counts[name] for name in ("inserted", "changed", "unchanged")] == [1, 1, 1]


async def test_lines_are_taken_like_an_array(client: httpx.AsyncClient, database: Database) -> None:
    lines = b"\n".join(orjson.dumps({"id": n, "full_name": f"N{n}"}) for n in (1, 2))

    answer = await client.put("/users", content=lines, headers=NDJSON)

    assert answer.json()["inserted"] == 2
    async with database.transaction() as session:
        assert len((await session.exec(select(User))).all()) == 2


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        (subscription(status="GONE"), "/1/status"),
        (subscription(user_id=None), "/1/user_id"),
        (subscription(colour="red"), "/1/colour"),
        (subscription(plan={}), "/1/plan"),
        (subscription(mrr=True), "/1/mrr"),
        (subscription(user_id="1"), "/1/user_id"),
        (subscription(updated_at="2026-01-07"), "/1/updated_at"),
        (subscription(updated_at=""), "/1/updated_at"),
        ([], "/1"),
    ],
)
async def test_one_wrong_row_keeps_all_out_and_is_pointed_at(
    client: httpx.AsyncClient, database: Database, row: object, pointer: str
) -> None:
    answer = await client.put("/subscriptions", json=[subscription(), row])

    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    async with database.transaction() as session:
        assert (await session.exec(select(Subscription))).all() == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"[]", "text/plain", 415),
        (b"[" + b"{}," * 50_000 + b"{}]", "application/json", 413),
    ],
)
async def test_an_invalid_body_is_refused(
    client: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    answer = await client.put("/users", content=content, headers={"Content-Type": kind})

    assert answer.status_code == status


async def test_no_rows_change_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.put("/academies", json=[])

    assert (answer.status_code, answer.json()["inserted"]) == (200, 0)


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/subscriptions", [subscription(), subscription(id="s9", academy_id=2)]),
        ("/subscriptions", [subscription(id="planted", user_id=7)]),
        ("/academies", [{"id": 2, "slug": "b", "name": "B"}]),
        ("/users", [{"id": 7, "email": "x@example.com"}]),
    ],
)
async def test_a_limited_key_cannot_write_what_is_or_was_anothers(
    client: httpx.AsyncClient, restricted_client: httpx.AsyncClient, path: str, rows: list[object]
) -> None:
    theirs = subscription(id="theirs", user_id=7, academy_id=2)
    await client.put("/subscriptions", json=[theirs])

    answer = await restricted_client.put(path, json=rows)

    assert answer.status_code in (404, 422)


async def test_a_limited_key_writes_its_own(
    client: httpx.AsyncClient, restricted_client: httpx.AsyncClient
) -> None:
    both = [subscription(), subscription(id="theirs", academy_id=2)]
    await client.put("/subscriptions", json=both)

    answer = await restricted_client.put("/subscriptions", json=[subscription(id="s2")])

    assert answer.json()["inserted"] == 1


@pytest.mark.parametrize("path", ["/subscriptions", "/users"])
async def test_a_limited_key_writes_as_many_rows_as_any(
    restricted_client: httpx.AsyncClient, path: str
) -> None:
    """The driver takes fewer parameters in a statement than a body has rows."""
    rows = [{"id": user, "email": f"{user}@example.com"} for user in range(1, 40_001)]
    if path == "/subscriptions":
        rows = [subscription(id=f"s{row['id']}", user_id=row["id"]) for row in rows]

    answer = await restricted_client.put(path, json=rows)

    assert (answer.status_code, answer.json()["inserted"]) == (200, 40_000)


async def test_an_erased_person_is_nowhere_and_not_taken_in_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.put("/users", json=[{"id": 1, "email": "ada@example.com"}])
    await client.put("/subscriptions", json=[subscription()])
    await publish(database, risk(), risk(user_id=2))
    before = await client.get("/churn/risk")

    erased = await client.delete("/users/1")
    again = await client.put("/subscriptions", json=[subscription()])

    after = await client.get("/churn/risk", headers={"If-None-Match": before.headers["etag"]})
    assert erased.json()["deleted"]["churn_risk_reports"] == 1
    assert (again.json()["inserted"], again.json()["erased"]) == (0, 1)
    assert [item["user_id"] for item in after.json()["items"]] == [2]
    async with database.transaction() as session:
        assert (await session.exec(select(SubscriptionVersion))).all() == []


async def test_what_an_erased_person_did_is_gone_from_the_lake(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    sources = sources_of(database, tmp_path)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    events = [event(user, at + timedelta(days=day)) for user in (1, 2) for day in range(3)]
    await put_activity(sources, events)

    erased = await client.delete("/users/1")
    again = await put_activity(sources, events)

    assert erased.json()["deleted"]["activity"] == 3
    assert (again.skipped_erased, again.unchanged) == (3, 3)
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 3


async def test_a_limited_key_erases_nobody(database: Database, tmp_path: Path) -> None:
    key = await token(database, Scope.PEOPLE_ERASE, academies=frozenset({1}))

    async with open_client(service(database, tmp_path), key) as client:
        answer = await client.delete("/users/1")

    assert (answer.status_code, answer.json()["code"]) == (403, "limited_key")
