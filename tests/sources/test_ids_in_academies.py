"""What two academies call by one id are two things, and nobody takes the other's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.subscriptions.models import Subscription, SubscriptionVersion
from tests.sources.test_upload_routes import subscription
from tests.support.http_client import open_client, service, token
from tests.support.subscriptions import subscription as filed
from tests.support.subscriptions import tell

SPELLINGS = (" {}", "{} ", "\t{}\n", "\u00a0{}", "{}\u3000", "{}", "{}\u200b", "\ufeff{}", "{}\x1f")
ROUNDS = 12


@pytest.fixture
async def keys(database: Database, tmp_path: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients of academy 1, of academy 2, of both, and of all."""
    app = service(database, tmp_path)
    limits = [frozenset({1}), frozenset({2}), frozenset({1, 2}), None]
    async with (
        open_client(app, await token(database, Scope.DATA_WRITE, academies=limits[0])) as one,
        open_client(app, await token(database, Scope.DATA_WRITE, academies=limits[1])) as two,
        open_client(app, await token(database, Scope.DATA_WRITE, academies=limits[2])) as both,
        open_client(app, await token(database, Scope.DATA_WRITE)) as every,
    ):
        yield [one, two, both, every]


async def put(client: httpx.AsyncClient, *rows: dict[str, object]) -> tuple[int, int]:
    """Write subscriptions; return the status, and how many were new."""
    answer = await client.put("/subscriptions", json=list(rows))
    return answer.status_code, answer.json().get("inserted", 0)


async def stored(database: Database) -> list[tuple[int, int, str | None]]:
    """List academy, learner and plan of what is stored."""
    async with database.transaction() as session:
        rows = (await session.exec(select(Subscription))).all()
    return sorted(((row.academy_id, row.user_id, row.plan) for row in rows), key=str)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_spelling_of_an_id_reaches_anothers(
    database: Database, keys: list[httpx.AsyncClient], spelling: str
) -> None:
    one, *_, every = keys
    await put(every, subscription(id="theirs", user_id=7, academy_id=2, plan="kept"))

    await put(one, subscription(id=spelling.format("theirs"), plan="planted"))

    assert (2, 7, "kept") in await stored(database)
    async with database.transaction() as session:
        theirs = col(SubscriptionVersion.user_id) == 7
        versions = (await session.exec(select(SubscriptionVersion).where(theirs))).all()
    assert [version.plan for version in versions] == ["kept"]


async def test_an_id_of_another_academy_is_answered_as_one_that_nobody_has(
    keys: list[httpx.AsyncClient],
) -> None:
    one, *_, every = keys
    await put(every, subscription(id="theirs", user_id=7, academy_id=2))

    taken = await one.put("/subscriptions", json=[subscription(id="theirs")])
    free = await one.put("/subscriptions", json=[subscription(id="free")])

    assert (taken.status_code, taken.json()) == (free.status_code, free.json())


async def test_two_keys_that_send_one_new_id_at_once_write_two_subscriptions(
    database: Database, keys: list[httpx.AsyncClient]
) -> None:
    one, two, *_ = keys
    for each in range(1, ROUNDS + 1):
        answers = await asyncio.gather(
            put(one, subscription(id=f"s{each}", user_id=each)),
            put(two, subscription(id=f"s{each}", user_id=100 + each, academy_id=2)),
        )
        assert list(answers) == [(200, 1), (200, 1)]

    owned = sorted((academy, user) for academy, user, _ in await stored(database))
    rounds = range(1, ROUNDS + 1)
    assert owned == [(1, each) for each in rounds] + [(2, 100 + each) for each in rounds]


async def test_of_two_keys_that_enrol_one_new_learner_at_once_one_does(
    database: Database, keys: list[httpx.AsyncClient]
) -> None:
    one, two, *_ = keys
    for each in range(1, ROUNDS + 1):
        answers = await asyncio.gather(
            put(one, subscription(id=f"s{each}", user_id=each)),
            put(two, subscription(id=f"s{each}", user_id=each, academy_id=2)),
        )
        assert sorted(answers) == [(200, 1), (422, 0)]

    assert sorted(user for _, user, _ in await stored(database)) == list(range(1, ROUNDS + 1))


async def test_a_key_goes_on_with_the_subscription_that_it_or_a_file_wrote(
    database: Database, keys: list[httpx.AsyncClient]
) -> None:
    one, _, _, every = keys
    await put(every, subscription(id="filed"))
    await put(one, subscription(id="own"))

    await put(one, subscription(id="filed", plan="p"), subscription(id="own", plan="p"))
    await put(every, subscription(id="own", plan="q"))

    assert await stored(database) == [(1, 1, "p"), (1, 1, "q")]


async def test_a_key_of_two_academies_moves_a_subscription_between_them(
    database: Database, keys: list[httpx.AsyncClient]
) -> None:
    _, _, both, _ = keys
    await put(both, subscription(id="own"))

    await put(both, subscription(id="own", academy_id=2))

    assert await stored(database) == [(2, 1, None)]


async def test_of_two_academies_with_one_id_each_row_means_its_own(
    database: Database, keys: list[httpx.AsyncClient]
) -> None:
    one, two, both, every = keys
    await put(one, subscription(id="s"))
    await put(two, subscription(id="s", user_id=7, academy_id=2))

    rows = [subscription(id="s", plan="p"), subscription(id="s", user_id=7, academy_id=2)]
    answers = [await put(each, *rows) for each in (both, every)]

    assert answers == [(200, 0), (200, 0)]
    assert await stored(database) == [(1, 1, "p"), (2, 7, None)]


async def test_a_conflict_names_the_id_as_it_was_sent(keys: list[httpx.AsyncClient]) -> None:
    answer = await keys[0].put("/subscriptions", json=[subscription(), subscription(plan="p")])

    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/1/id"
    assert error["message"].startswith("s1 has other values in row 1")


async def test_a_file_still_moves_what_a_file_wrote(database: Database) -> None:
    async with database.transaction() as session:
        await tell(session, filed())
        await tell(session, filed(academy_id=4))

    assert await stored(database) == [(4, 7, None)]
