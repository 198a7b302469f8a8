"""Whoever is erased while others write stays erased, however the two interleave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.privacy.erasure import erase
from app.runs.ledger import ledger
from app.runs.models import ReportDay, RunStatus
from app.sources.directory import erasure
from app.sources.imports import CheckedRows
from app.sources.imports.import_file import LOADINGS, FileKind
from app.sources.imports.staging import load_staged
from app.sources.sources import Sources
from tests.support.locks import WAITED_SECONDS, until_waiting
from tests.support.reporting import (
    NOW,
    batch_of,
    event,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)
from tests.support.service import client, service, token
from tests.support.waking import morning_after, settle

pytestmark = pytest.mark.usefixtures("untraced")

DAY = date(2026, 5, 20)
NEXT = DAY + timedelta(days=1)
GONE = 2


@pytest.fixture
async def sources(database: Database, tmp_path: Path) -> Sources:
    """Two academies of three learners each; the one to be erased, of both, cannot pay."""
    found = sources_of(database, tmp_path)
    owing = {"status": "PAYMENT_ISSUE", "updated_at": datetime(2026, 5, 1, tzinfo=UTC)}
    learners = [subscription(user) for user in (1, 3)]
    learners += [subscription(user, academy_id=2) for user in (4, 5)]
    learners += [
        subscription(GONE, id=f"gone{academy_id}", academy_id=academy_id, **owing)
        for academy_id in (1, 2)
    ]
    await put(database, FileKind.SUBSCRIPTIONS, learners)
    noon = datetime(2026, 5, 20, 12, tzinfo=UTC)
    await put_activity(found, [event(user, noon) for user in range(1, 6)])
    return found


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who erases people and acts on alerts."""
    scopes = (Scope.PEOPLE_ERASE, Scope.ALERTS_READ, Scope.ALERTS_WRITE)
    async with client(service(database, tmp_path), await token(database, *scopes)) as one:
        yield one


async def erased(asking: httpx.AsyncClient, user_id: int = GONE) -> dict[str, int]:
    """Erase a person over HTTP; return what was deleted."""
    answer = await asking.delete(f"/users/{user_id}")
    assert answer.status_code == 200, answer.text
    deleted: dict[str, int] = answer.json()["deleted"]
    return deleted


@asynccontextmanager
async def closed(database: Database, table: str) -> AsyncIterator[None]:
    """Let nobody write into a table; whoever wants to waits."""
    async with database.transaction() as session:
        await (await session.connection()).execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        yield


async def stored(database: Database, table: str = "churn_risk_reports") -> Sequence[int]:
    """List the users in a table."""
    sql = f"SELECT DISTINCT user_id FROM {table} ORDER BY 1"  # noqa: S608 - our names
    return (await read_frame(database, sql))["user_id"].to_list()


async def rows_of(database: Database, day: date, academy_id: int) -> int:
    """Return how many rows the ledger says that a day has."""
    async with database.transaction() as session:
        return (await session.get_one(ReportDay, ("churn", day, academy_id))).rows


async def test_what_was_read_before_an_erasure_is_not_published_after_it(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 1)
        await ledger.lock_day(session, "churn", DAY, 2)
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await until_waiting(database, 2)
        await erased(asking)
    outcome = await running

    assert await stored(database) == [1, 3, 4, 5]
    assert outcome.run.status is RunStatus.DONE
    assert [await rows_of(database, DAY, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_an_erasure_waits_for_a_publication_and_deletes_what_it_wrote(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    async with closed(database, "churn_day_summaries"):
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await until_waiting(database, 2)
        erasing = asyncio.create_task(erased(asking))
        await until_waiting(database, 3)
    await asyncio.gather(running, erasing)

    assert await stored(database) == [1, 3, 4, 5]


async def test_an_academy_that_was_published_before_it_is_published_again_without_them(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 2)
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await until_waiting(database, 1)
        async with asyncio.timeout(WAITED_SECONDS):
            while await stored(database) != [1, GONE, 3]:  # noqa: ASYNC110 - the other academy
                await asyncio.sleep(0.01)
        await erased(asking)
    await running

    assert await stored(database) == [1, 3, 4, 5]
    assert [await rows_of(database, DAY, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_a_day_that_was_read_ahead_is_read_again_as_well(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 1)
        running = asyncio.create_task(run_days(sources, DAY, NEXT))
        await until_waiting(database, 1)
        await erased(asking)
    await running

    assert await stored(database) == [1, 3, 4, 5]
    assert [await rows_of(database, NEXT, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_an_erasure_waits_for_an_evaluation_and_deletes_its_alerts(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    async with closed(database, "alert_day_counts"):
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await until_waiting(database, 1)
        erasing = asyncio.create_task(erased(asking))
        await until_waiting(database, 2)
    deleted, _ = await asyncio.gather(erasing, running)

    assert deleted["alerts"] > 0
    assert await stored(database, "alerts") == []


async def test_an_erasure_waits_for_an_import_and_deletes_what_it_brought(
    database: Database, asking: httpx.AsyncClient
) -> None:
    rows = CheckedRows(iter([batch_of(FileKind.SUBSCRIPTIONS, [subscription(9)])]), name="late")
    async with database.transaction() as session:
        await load_staged(session, rows, LOADINGS[FileKind.SUBSCRIPTIONS], NOW)
        erasing = asyncio.create_task(erased(asking, 9))
        await until_waiting(database, 1)
    deleted = await erasing

    assert (deleted["subscriptions"], deleted["subscription_history"]) == (1, 1)
    assert 9 not in await stored(database, "subscription_history")


async def test_an_import_waits_for_an_erasure_and_skips_the_person(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await erasure.remember_erased(session, 9, NOW)
        importing = asyncio.create_task(put(database, FileKind.SUBSCRIPTIONS, [subscription(9)]))
        await until_waiting(database, 1)
    imported = await importing

    assert (imported.inserted, imported.skipped_erased) == (0, 1)


async def test_who_acts_on_an_alert_that_is_being_erased_is_told_that_it_is_gone(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    await run_days(sources, DAY, DAY)
    listed = (await asking.get("/alerts")).json()["items"]
    assert {alert["user_id"] for alert in listed} == {GONE}

    async with database.transaction() as session:
        await erase(session, sources.warehouse, GONE, NOW)
        path = f"/alerts/{listed[0]['id']}"
        acting = asyncio.create_task(asking.patch(path, json={"status": "ACKNOWLEDGED"}))
        await until_waiting(database, 1)
    answer = await acting

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alert")


async def test_no_list_of_alerts_that_was_kept_shows_the_erased(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    await run_days(sources, DAY, DAY)
    async with database.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM churn_risk_reports"))
    before = await asking.get("/alerts")

    await erased(asking)

    after = await asking.get("/alerts", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["items"]) == (200, [])


async def test_the_next_wake_computes_the_days_that_lost_rows_again(
    sources: Sources, database: Database, asking: httpx.AsyncClient
) -> None:
    await settle(sources, morning_after(NEXT))
    await erased(asking)

    await settle(sources, morning_after(NEXT) + timedelta(hours=1))

    days = [NEXT - timedelta(days=back) for back in range(13)]
    assert {await rows_of(database, day, 1) for day in days} == {2}
