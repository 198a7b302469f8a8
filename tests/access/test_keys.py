"""Keys: made, recognised, limited, closed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from app.access import store
from app.access.models import ApiKey
from app.access.scopes import Key, Scope
from app.kit.db.engine import Database
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)


@pytest.fixture
async def admin(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps the keys of two academies."""
    scopes = (Scope.ADMIN, Scope.REPORTS_READ)
    key = await token(database, *scopes, academies=frozenset({1, 2}), expires_at=NOW + timedelta(9))
    async with open_client(service(database, tmp_path), key) as client:
        yield client


def asked(**changes: object) -> dict[str, object]:
    """Ask for a key that the admin may make."""
    expires_at = (NOW + timedelta(1)).isoformat()
    wanted = {"name": "n", "scopes": ["reports:read"], "academies": [1], "expires_at": expires_at}
    return wanted | changes


async def test_a_key_that_was_made_opens_what_it_may(admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/keys", json=asked())).json()

    me = await admin.get("/me", headers={"Authorization": f"Bearer {made['token']}"})

    assert made["token"].startswith(f"hu_{made['prefix']}_")
    assert (me.json()["scopes"], me.json()["academies"]) == (["reports:read"], [1])


async def test_only_a_hash_of_the_secret_is_kept(database: Database) -> None:
    made = await token(database)

    async with database.transaction() as session:
        row = (await session.exec(select(ApiKey))).one()

    assert made.rsplit("_", 1)[1] not in repr(row.model_dump())


@pytest.mark.parametrize(
    "wanted",
    [
        asked(scopes=["people:read"]),
        asked(academies=[1, 3]),
        asked(academies=None),
        asked(expires_at=None),
        asked(expires_at=(NOW + timedelta(10)).isoformat()),
    ],
)
async def test_a_key_makes_only_lesser_keys(
    admin: httpx.AsyncClient, wanted: dict[str, object]
) -> None:
    answer = await admin.post("/keys", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_lesser")


@pytest.mark.parametrize(
    "wanted",
    [
        asked(expires_at=(NOW - timedelta(1)).isoformat()),
        asked(scopes=[]),
        asked(scopes=["all"]),
        asked(name=""),
        asked(name="a\0b"),
        asked(academies=[]),
        asked(colour="red"),
    ],
)
async def test_what_is_no_key_is_refused(
    admin: httpx.AsyncClient, wanted: dict[str, object]
) -> None:
    answer = await admin.post("/keys", json=wanted)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"]


async def test_a_revoked_key_opens_nothing_at_once(admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/keys", json=asked())).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    before = await admin.get("/me", headers=headers)

    revoked = await admin.delete(f"/keys/{made['id']}")

    after = await admin.get("/me", headers=headers)
    assert (before.status_code, revoked.status_code, after.status_code) == (200, 204, 401)


async def test_keys_that_could_not_have_been_made_are_neither_listed_nor_revoked(
    admin: httpx.AsyncClient, database: Database
) -> None:
    await token(database, academies=frozenset({3}))
    async with database.transaction() as session:
        other = next(row for row in await store.list_all_keys(session) if row.academies == [3])

    listed = (await admin.get("/keys")).json()["items"]
    answer = await admin.delete(f"/keys/{other.id}")

    assert [key["academies"] for key in listed] == [[1, 2]]
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_key")


async def test_an_expired_key_opens_nothing(database: Database, tmp_path: Path) -> None:
    key = await token(database, expires_at=NOW)

    async with open_client(service(database, tmp_path), key) as client:
        answer = await client.get("/me")

    assert answer.json()["code"] == "invalid_key"


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer x", "Bearer hu_", "Bearer hu_a_b", "Basic aHU6aHU=", "Bearer hu_\0_x"],
)
async def test_what_is_no_key_opens_nothing(database: Database, tmp_path: Path, sent: str) -> None:
    async with open_client(service(database, tmp_path)) as client:
        answer = await client.get("/me", headers={b"Authorization": sent.encode()})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_another_secret_under_a_known_prefix_opens_nothing(
    database: Database, tmp_path: Path
) -> None:
    key = await token(database)
    forged = key.rpartition("_")[0] + "_" + "A" * 43

    async with open_client(service(database, tmp_path), forged) as client:
        assert (await client.get("/me")).status_code == 401


async def test_a_key_that_was_just_verified_costs_no_statement(
    database: Database, tmp_path: Path, statements: list[str]
) -> None:
    async with open_client(service(database, tmp_path), await token(database)) as client:
        await client.get("/me")
        statements.clear()

        await client.get("/me")

    assert statements == []


async def test_its_last_use_is_noted_at_most_once_a_minute(database: Database) -> None:
    key = await token(database)

    noted = []
    for seconds in (0, 59, 60):
        now = NOW + timedelta(seconds=seconds)
        async with database.transaction() as session:
            await store.verify(session, key, now)
            noted.append((await session.exec(select(ApiKey.last_used_at))).one())

    assert noted == [NOW, NOW, NOW + timedelta(seconds=60)]


async def test_the_database_allows_every_scope(database: Database) -> None:
    made = await token(database, *Scope)

    async with database.transaction() as session:
        key = await store.verify(session, made, NOW)

    assert isinstance(key, Key)
    assert key.scopes == set(Scope)
