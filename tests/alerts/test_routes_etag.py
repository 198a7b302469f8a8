"""The ETag of the list of alerts, and the changes that make it invalid."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.support.churn_alerts import (
    critical_learner,
    learner_with_failed_payment,
    publish_and_evaluate,
)
from tests.support.database_copies import copied_database
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)
from tests.support.published_days import (
    DAY,
    publish,
    replace_day,
    risk,
)
from tests.support.report_runs import put

BOTH = (Scope.ALERTS_READ, Scope.ALERTS_WRITE)


class SettableClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


async def two_alerts(database: Database, _: Path) -> None:
    """Two learners with an alert each, one of them in academy 2."""
    await publish_and_evaluate(
        database, learner_with_failed_payment(2), critical_learner(3, academy_id=2)
    )


database = copied_database(two_alerts)


@pytest.fixture
async def asking(
    database: Database, tmp_path: Path, clock: SettableClock
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key may read and write alerts."""
    app = service(database, tmp_path, clock=clock)
    async with open_client(app, await token(database, *BOTH)) as asked:
        yield asked


async def again(asking: httpx.AsyncClient, etag: str, **headers: str) -> int:
    """Request the list with the ETag of an earlier answer; return the status."""
    return (await asking.get("/alerts", headers={"If-None-Match": etag, **headers})).status_code


async def patch_the_first(asking: httpx.AsyncClient, **patch: object) -> None:
    """Act on the first alert of the list."""
    first = (await asking.get("/alerts")).json()["items"][0]
    answer = await asking.patch(f"/alerts/{first['id']}", json=patch)
    assert answer.status_code == 200, answer.text


async def test_a_list_with_a_valid_etag_is_304(asking: httpx.AsyncClient) -> None:
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
async def test_a_change_makes_the_etag_invalid(
    asking: httpx.AsyncClient,
    database: Database,
    change: Callable[[httpx.AsyncClient, Database], Awaitable[None]],
) -> None:
    etag = (await asking.get("/alerts")).headers["ETag"]

    await change(asking, database)

    assert await again(asking, etag) == 200


async def test_a_publication_counts_when_it_is_committed(
    asking: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        await replace_day(
            session, DAY, 1, [learner_with_failed_payment(2, churn_risk_score=30.0)], {}
        )
        answer = await asking.get("/alerts")

    assert answer.json()["items"][-1]["current_score"] == 20
    assert await again(asking, answer.headers["ETag"]) == 200


async def test_an_erasure_makes_the_etag_invalid(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(database, risk(user_id=9, report_date=DAY + ONE_DAY))
    answer = await asking.get("/alerts?status=RESOLVED&user=2")
    known = {"If-None-Match": answer.headers["ETag"]}

    headers = {"Authorization": f"Bearer {await token(database, Scope.PEOPLE_ERASE)}"}
    erased = await asking.delete("/users/2", headers=headers)
    after = await asking.get("/alerts?status=RESOLVED&user=2", headers=known)

    assert erased.status_code == 200
    assert (len(answer.json()["items"]), after.json()["items"]) == (1, [])


async def test_the_end_of_a_snooze_makes_the_etag_invalid(
    asking: httpx.AsyncClient, clock: SettableClock
) -> None:
    until = NOW + timedelta(hours=2)
    await patch_the_first(asking, snoozed_until=until.isoformat())
    etag = (await asking.get("/alerts")).headers["ETag"]
    asleep = await again(asking, etag)

    clock.now = until

    assert (asleep, await again(asking, etag)) == (304, 200)


async def test_another_query_or_key_has_another_etag(
    asking: httpx.AsyncClient, database: Database
) -> None:
    etag = (await asking.get("/alerts", params={"academy": 1})).headers["ETag"]
    limited = await token(database, Scope.ALERTS_READ, academies=frozenset({2}))

    assert await again(asking, etag) == 200
    assert await again(asking, etag, Authorization=f"Bearer {limited}") == 200
