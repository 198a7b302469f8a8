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
from tests.support.service import NOW, client, service, token

KEY = Key(id=UUID(int=1), name="n", prefix="p", scopes=frozenset({Scope.ADMIN}))


async def status(asking: httpx.AsyncClient) -> int:
    return (await asking.get("/me")).status_code


async def test_a_remembered_key_opens_nothing_once_it_has_expired(
    database: Database, tmp_path: Path
) -> None:
    now = [NOW]

    def clock() -> datetime:
        return now[0]

    key = await token(database, expires_at=NOW + timedelta(seconds=1))
    async with client(service(database, tmp_path, clock=clock), key) as asking:
        before = await status(asking)
        now[0] += timedelta(seconds=1)

        assert (before, await status(asking)) == (200, 401)


async def test_a_key_that_another_process_revoked_is_refused_once_it_is_forgotten(
    database: Database, tmp_path: Path
) -> None:
    key = await token(database)
    app = service(database, tmp_path)
    async with client(app, key) as asking:
        before = await status(asking)
        async with database.transaction() as session:
            (row,) = await store.list_all_keys(session)
            await store.revoke_api_key(session, row, NOW)
        meanwhile = await status(asking)
        app.state.key_cache.seconds = 0.0

        assert (before, meanwhile, await status(asking)) == (200, 200, 401)


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

    async with client(service(database, tmp_path), key) as asking:
        answer = await asking.get(path)
        listed = [(await asking.get(each)).json()["items"] for each in ("/reports", "/alerts")]
        run = await asking.post("/reports/churn/run")

    assert (answer.status_code, answer.json()["code"]) == (403, "report_not_allowed")
    assert listed == [[], []]
    assert run.status_code == 403


async def test_a_key_of_one_report_makes_none_of_all(database: Database, tmp_path: Path) -> None:
    key = await token(database, Scope.ADMIN, report_types=frozenset({"churn"}))
    wanted = {"name": "n", "scopes": ["admin"]}

    async with client(service(database, tmp_path), key) as asking:
        of_all = await asking.post("/keys", json=wanted)
        of_one = await asking.post("/keys", json={**wanted, "report_types": ["churn"]})

    assert (of_all.status_code, of_one.status_code) == (403, 201)


def test_a_key_that_is_being_revoked_is_not_remembered_again() -> None:
    """A request that still finds it valid, before the revocation is committed, is no reason to."""
    remembered = KeyCache()

    remembered.forget(KEY.id)
    remembered.put(b"digest", KEY)

    assert remembered.get(b"digest") is None
