"""A list of alerts that is known already is not sent again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.support.alerting import critical, owing, published
from tests.support.copied import copied_database
from tests.support.published import DAY, publish, replace_day, risk
from tests.support.reporting import put
from tests.support.service import NOW, client, service, token

BOTH = (Scope.ALERTS_READ, Scope.ALERTS_WRITE)


class Hands:
    """A clock whose hands can be moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


async def in_trouble(database: Database, _: Path) -> None:
    """Two learners in trouble, one of them in academy 2."""
    await published(database, owing(2), critical(3, academy_id=2))


database = copied_database(in_trouble)


@pytest.fixture
async def asking(
    database: Database, tmp_path: Path, hands: Hands
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may read and write."""
    app = service(database, tmp_path, clock=hands)
    async with client(app, await token(database, *BOTH)) as asked:
        yield asked


async def again(asking: httpx.AsyncClient, etag: str, **headers: str) -> int:
    """Ask for the list with the ETag of an earlier answer; return the status."""
    return (await asking.get("/alerts", headers={"If-None-Match": etag, **headers})).status_code


async def patch_the_first(asking: httpx.AsyncClient, **deed: object) -> None:
    """Act on the first alert of the list."""
    first = (await asking.get("/alerts")).json()["items"][0]
    answer = await asking.patch(f"/alerts/{first['id']}", json=deed)
    assert answer.status_code == 200, answer.text


async def test_what_is_known_is_not_sent_again(asking: httpx.AsyncClient) -> None:
    answer = await asking.get("/alerts")

    assert await again(asking, answer.headers["ETag"]) == 304
    assert answer.headers["Cache-Control"] == "private, no-cache"


async def somebody_notes(asking: httpx.AsyncClient, _: Database) -> None:
    await patch_the_first(asking, note="called")


async def a_day_is_published(_: httpx.AsyncClient, database: Database) -> None:
    await publish(database, risk(user_id=2))


async def a_name_changes(_: httpx.AsyncClient, database: Database) -> None:
    await put(database, FileKind.USERS, [{"id": 2, "email": "two@example.com", "full_name": "Two"}])


@pytest.mark.parametrize("change", [somebody_notes, a_day_is_published, a_name_changes])
async def test_what_changed_is_sent_again(
    asking: httpx.AsyncClient,
    database: Database,
    change: Callable[[httpx.AsyncClient, Database], Awaitable[None]],
) -> None:
    etag = (await asking.get("/alerts")).headers["ETag"]

    await change(asking, database)

    assert await again(asking, etag) == 200


async def test_a_day_that_was_being_published_is_sent_once_it_is(
    asking: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        await replace_day(session, DAY, 1, [owing(2, churn_risk_score=30.0)], {})
        answer = await asking.get("/alerts")

    assert answer.json()["items"][-1]["current_score"] == 20
    assert await again(asking, answer.headers["ETag"]) == 200


async def test_a_list_is_sent_again_without_who_was_erased(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await published(database, risk(user_id=9, report_date=DAY + ONE_DAY))
    answer = await asking.get("/alerts?status=RESOLVED&user=2")
    known = {"If-None-Match": answer.headers["ETag"]}

    headers = {"Authorization": f"Bearer {await token(database, Scope.PEOPLE_ERASE)}"}
    erased = await asking.delete("/users/2", headers=headers)
    after = await asking.get("/alerts?status=RESOLVED&user=2", headers=known)

    assert erased.status_code == 200
    assert (len(answer.json()["items"]), after.json()["items"]) == (1, [])


async def test_an_alert_that_wakes_is_sent(asking: httpx.AsyncClient, hands: Hands) -> None:
    until = NOW + timedelta(hours=2)
    await patch_the_first(asking, snoozed_until=until.isoformat())
    etag = (await asking.get("/alerts")).headers["ETag"]
    asleep = await again(asking, etag)

    hands.now = until

    assert (asleep, await again(asking, etag)) == (304, 200)


async def test_another_question_or_key_has_another_etag(
    asking: httpx.AsyncClient, database: Database
) -> None:
    etag = (await asking.get("/alerts", params={"academy": 1})).headers["ETag"]
    limited = await token(database, Scope.ALERTS_READ, academies=frozenset({2}))

    assert await again(asking, etag) == 200
    assert await again(asking, etag, Authorization=f"Bearer {limited}") == 200
