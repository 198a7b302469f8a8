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
from tests.support.http_client import open_client, service, token
from tests.support.locks import WAITED_SECONDS, wait_for_lock_waiters
from tests.support.report_runs import (
    NOW,
    batch_of,
    event,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)
from tests.support.schedule_wakes import morning_after, settle

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
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who erases people and acts on alerts."""
    scopes = (Scope.PEOPLE_ERASE, Scope.ALERTS_READ, Scope.ALERTS_WRITE)
    async with open_client(service(database, tmp_path), await token(database, *scopes)) as one:
        yield one


async def erased(client: httpx.AsyncClient, user_id: int = GONE) -> dict[str, int]:
    """Erase a person over HTTP; return what was deleted."""
    answer = await client.delete(f"/users/{user_id}")
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


async def test_a_day_read_before_an_erasure_is_not_published_after_it(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 1)
        await ledger.lock_day(session, "churn", DAY, 2)
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await wait_for_lock_waiters(database, 2)
        await erased(client)
    outcome = await running

    assert await stored(database) == [1, 3, 4, 5]
    assert outcome.run.status is RunStatus.DONE
    assert [await rows_of(database, DAY, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_an_erasure_waits_for_a_publication_and_deletes_what_it_wrote(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    async with closed(database, "churn_day_summaries"):
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await wait_for_lock_waiters(database, 2)
        erasing = asyncio.create_task(erased(client))
        await wait_for_lock_waiters(database, 3)
    await asyncio.gather(running, erasing)

    assert await stored(database) == [1, 3, 4, 5]


async def test_an_academy_published_before_an_erasure_is_published_again_without_the_person(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 2)
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await wait_for_lock_waiters(database, 1)
        async with asyncio.timeout(WAITED_SECONDS):
            while await stored(database) != [1, GONE, 3]:  # noqa: ASYNC110 - the other academy
                await asyncio.sleep(0.01)
        await erased(client)
    await running

    assert await stored(database) == [1, 3, 4, 5]
    assert [await rows_of(database, DAY, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_a_day_that_was_read_ahead_is_read_again_as_well(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    async with database.transaction() as session:
        await ledger.lock_day(session, "churn", DAY, 1)
        running = asyncio.create_task(run_days(sources, DAY, NEXT))
        await wait_for_lock_waiters(database, 1)
        await erased(client)
    await running

    assert await stored(database) == [1, 3, 4, 5]
    assert [await rows_of(database, NEXT, academy_id) for academy_id in (1, 2)] == [2, 2]


async def test_an_erasure_waits_for_an_evaluation_and_deletes_its_alerts(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    async with closed(database, "alert_day_counts"):
        running = asyncio.create_task(run_days(sources, DAY, DAY))
        await wait_for_lock_waiters(database, 1)
        erasing = asyncio.create_task(erased(client))
        await wait_for_lock_waiters(database, 2)
    deleted, _ = await asyncio.gather(erasing, running)

    assert deleted["alerts"] > 0
    assert await stored(database, "alerts") == []


async def test_an_erasure_waits_for_an_import_and_deletes_what_it_brought(
    database: Database, client: httpx.AsyncClient
) -> None:
    rows = CheckedRows(iter([batch_of(FileKind.SUBSCRIPTIONS, [subscription(9)])]), name="late")
    async with database.transaction() as session:
        await load_staged(session, rows, LOADINGS[FileKind.SUBSCRIPTIONS], NOW)
        erasing = asyncio.create_task(erased(client, 9))
        await wait_for_lock_waiters(database, 1)
    deleted = await erasing

    assert (deleted["subscriptions"], deleted["subscription_history"]) == (1, 1)
    assert 9 not in await stored(database, "subscription_history")


async def test_an_import_waits_for_an_erasure_and_skips_the_person(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await erasure.remember_erased(session, 9, NOW)
        importing = asyncio.create_task(put(database, FileKind.SUBSCRIPTIONS, [subscription(9)]))
        await wait_for_lock_waiters(database, 1)
    imported = await importing

    assert (imported.inserted, imported.skipped_erased) == (0, 1)


async def test_an_action_on_an_alert_that_is_being_erased_is_refused(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    await run_days(sources, DAY, DAY)
    listed = (await client.get("/alerts")).json()["items"]
    assert {alert["user_id"] for alert in listed} == {GONE}

    async with database.transaction() as session:
        await erase(session, sources.warehouse, GONE, NOW)
        path = f"/alerts/{listed[0]['id']}"
        acting = asyncio.create_task(client.patch(path, json={"status": "ACKNOWLEDGED"}))
        await wait_for_lock_waiters(database, 1)
    answer = await acting

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alert")


async def test_a_cached_list_of_alerts_never_shows_an_erased_person(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    await run_days(sources, DAY, DAY)
    async with database.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM churn_risk_reports"))
    before = await client.get("/alerts")

    await erased(client)

    after = await client.get("/alerts", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["items"]) == (200, [])


async def test_the_scheduler_recomputes_days_that_lost_rows(
    sources: Sources, database: Database, client: httpx.AsyncClient
) -> None:
    await settle(sources, morning_after(NEXT))
    await erased(client)

    await settle(sources, morning_after(NEXT) + timedelta(hours=1))

    days = [NEXT - timedelta(days=back) for back in range(13)]
    assert {await rows_of(database, day, 1) for day in days} == {2}
