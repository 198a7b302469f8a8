"""A key that was verified is remembered for some seconds, and no longer than it is valid."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.access import store
from app.access.authentication import KEY_CACHE_SECONDS, KeyCache
from app.access.scopes import Key, Scope
from app.kit.db.engine import Database
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)

KEY = Key(id=UUID(int=1), name="n", prefix="p", scopes=frozenset({Scope.ADMIN}))


async def status(client: httpx.AsyncClient) -> int:
    return (await client.get("/me")).status_code


async def test_a_remembered_key_opens_nothing_once_it_has_expired(
    database: Database, tmp_path: Path
) -> None:
    now = [NOW]

    def clock() -> datetime:
        return now[0]

    key = await token(database, expires_at=NOW + timedelta(seconds=1))
    async with open_client(service(database, tmp_path, clock=clock), key) as client:
        before = await status(client)
        now[0] += timedelta(seconds=1)

        assert (before, await status(client)) == (200, 401)


async def test_a_key_that_another_process_revoked_is_refused_once_it_is_forgotten(
    database: Database, tmp_path: Path
) -> None:
    key = await token(database)
    app = service(database, tmp_path)
    async with open_client(app, key) as client:
        before = await status(client)
        async with database.transaction() as session:
            (row,) = await store.list_all_keys(session)
            await store.revoke_api_key(session, row, NOW)
        meanwhile = await status(client)
        app.state.key_cache.seconds = 0.0

        assert (before, meanwhile, await status(client)) == (200, 200, 401)


def test_a_key_is_remembered_for_five_seconds() -> None:
    fresh, old = KeyCache(), KeyCache(seconds=0.0)
    for remembered in (fresh, old):
        remembered.put(b"digest", KEY)

    assert KEY_CACHE_SECONDS == 5
    assert (fresh.get(b"digest"), old.get(b"digest"), fresh.get(b"other")) == (KEY, None, None)


@pytest.mark.parametrize(
    "path", ["/churn/risk", "/churn/summary", "/reports/churn/days", "/churn/risk/1"]
)
async def test_a_key_of_other_reports_does_not_see_this_one(
    database: Database, tmp_path: Path, path: str
) -> None:
    key = await token(database, *Scope, report_types=frozenset({"weather"}))

    async with open_client(service(database, tmp_path), key) as client:
        answer = await client.get(path)
        listed = [(await client.get(each)).json()["items"] for each in ("/reports", "/alerts")]
        run = await client.post("/reports/churn/run")

    assert (answer.status_code, answer.json()["code"]) == (403, "report_not_allowed")
    assert listed == [[], []]
    assert run.status_code == 403


async def test_a_key_of_one_report_makes_none_of_all(database: Database, tmp_path: Path) -> None:
    key = await token(database, Scope.ADMIN, report_types=frozenset({"churn"}))
    wanted = {"name": "n", "scopes": ["admin"]}

    async with open_client(service(database, tmp_path), key) as client:
        of_all = await client.post("/keys", json=wanted)
        of_one = await client.post("/keys", json={**wanted, "report_types": ["churn"]})

    assert (of_all.status_code, of_one.status_code) == (403, 201)


def test_a_key_that_is_being_revoked_is_not_remembered_again() -> None:
    """A request that still finds it valid, before the revocation is committed, is no reason to."""
    remembered = KeyCache()

    remembered.forget(KEY.id)
    remembered.put(b"digest", KEY)

    assert remembered.get(b"digest") is None
