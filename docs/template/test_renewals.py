"""The renewals report, from a run to every place where its rows are read or erased."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.privacy.erasure import erase
from app.runs.execution.creation import request_run, see_through
from app.runs.execution.maintenance import keep_house
from app.runs.execution.request import RunRequest
from app.runs.ledger.due_days import due_days
from app.runs.models import RunStatus
from app.runs.registry import report_named
from app.settings import Settings
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.cli.conftest import Headsup
from tests.support.database_copies import copied_sources
from tests.support.http_client import (
    NOW,
    open_client,
    service,
    token,
)
from tests.support.report_runs import (
    ASKER,
    put,
    sources_of,
    subscription,
    worker_context,
)

DAY = date(2026, 3, 10)
BEFORE = DAY - timedelta(days=1)
LEARNERS = {1: 3, 2: 20, 3: 5}
"""The days until the subscription of each learner renews, counted from `DAY`."""


async def reported(database: Database, home: Path) -> None:
    """Three learners of two academies, and two days reported on."""
    sources = sources_of(database, home)
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    rows = [
        subscription(
            user_id,
            academy_id=2 if user_id == 3 else 1,
            next_payment_at=noon + timedelta(days=days),
            mrr=49.0,
            currency="EUR",
        )
        for user_id, days in LEARNERS.items()
    ]
    await put(database, FileKind.SUBSCRIPTIONS, rows)
    assert await run(sources) is RunStatus.DONE


async def run(sources: Sources) -> RunStatus:
    request = RunRequest(report_type="renewals", day_from=BEFORE, day_to=DAY)
    workshop = worker_context(sources, clock=lambda: NOW)
    made, _ = await request_run(request, ASKER, workshop)
    return (await see_through(made.id, workshop)).run.status


sources = copied_sources(reported, "home")


@pytest.fixture
def database(sources: Sources) -> Database:
    return sources.database


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(service(database, tmp_path), await token(database)) as client:
        yield client


async def selected(database: Database, sql: str) -> Sequence[tuple[object, ...]]:
    async with database.transaction() as session:
        return [tuple(row) for row in await (await session.connection()).execute(text(sql))]


async def test_a_run_fills_the_tables_and_the_ledger(database: Database) -> None:
    rows = "SELECT user_id, days_until_renewal, is_soon FROM renewal_reports"
    sums = "SELECT academy_id, subscribers, soon, mrr FROM renewal_day_summaries"
    ledger = "SELECT academy_id, rows, state FROM report_days"
    of_day = f"WHERE report_date = '{DAY}' ORDER BY 1"

    assert await selected(database, f"{rows} {of_day}") == [
        (1, 3, True),
        (2, 20, False),
        (3, 5, True),
    ]
    assert await selected(database, f"{sums} {of_day}") == [
        (1, 2, 1, {"EUR": 49.0}),
        (2, 1, 1, {"EUR": 49.0}),
    ]
    assert await selected(database, f"{ledger} {of_day}") == [
        (0, 0, "PUBLISHED"),
        (1, 2, "PUBLISHED"),
        (2, 1, "PUBLISHED"),
    ]


async def test_the_same_rows_are_not_written_again(sources: Sources) -> None:
    written = "SELECT xmin::text FROM renewal_reports ORDER BY report_date, user_id"
    before = await selected(sources.database, written)

    assert await run(sources) is RunStatus.DONE

    assert await selected(sources.database, written) == before


async def test_only_days_without_a_publication_are_due(database: Database) -> None:
    async with database.transaction() as session:
        due = await due_days(session, report_named("renewals"), DAY, now=NOW)

    assert [each.day for each in due][-1] == BEFORE - timedelta(days=1)


async def test_a_dry_run_says_how_many_rows_there_would_be(headsup: Headsup) -> None:
    answer = headsup("generate-report", "renewals", "--date", str(DAY), "--dry-run")

    assert answer.status == 0
    assert "rows: 2; stored_rows: 2" in answer.words


async def test_the_command_generates_and_exports(headsup: Headsup) -> None:
    assert headsup("generate-report", "renewals", "--date", "2026-03-08").status == 0

    exported = headsup("export", "renewals", "--date", "2026-03-08", "--format", "ndjson")

    rows = [json.loads(line) for line in exported.out.splitlines()]
    found = [(row["user_id"], row["days_until_renewal"]) for row in rows]
    assert found == [(1, 5), (2, 22), (3, 7)]


async def test_a_list_has_pages_streams_and_a_tag(client: httpx.AsyncClient) -> None:
    path = "/renewals?sort=renewal"
    first = (await client.get(f"{path}&limit=2")).json()
    second = (await client.get(f"{path}&limit=2&cursor={first['next_cursor']}")).json()
    csv = (await client.get(f"{path}&format=csv&soon=true")).text.splitlines()
    *lines, end = (await client.get(f"{path}&format=ndjson")).text.splitlines()
    whole = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": whole.headers["ETag"]})

    pages = [[item["user_id"] for item in page["items"]] for page in (first, second)]
    assert pages == [[1, 3], [2]]
    assert [line.split(",")[2] for line in csv] == ["user_id", "1", "3"]
    assert [json.loads(line)["user_id"] for line in lines] == [1, 3, 2]
    assert json.loads(end)["rows"] == len(lines)
    assert again.status_code == 304


async def test_days_are_summed(client: httpx.AsyncClient) -> None:
    summary = (await client.get("/renewals/summary")).json()["items"]
    trend = (await client.get("/renewals/trend?group=academy")).json()["items"]

    assert summary == [{"academy_id": None, "subscribers": 3, "soon": 2}]
    assert [(item["report_date"], item["academy_id"], item["soon"]) for item in trend] == [
        (str(BEFORE), 1, 1),
        (str(BEFORE), 2, 1),
        (str(DAY), 1, 1),
        (str(DAY), 2, 1),
    ]


async def test_who_renews_soon_has_an_alert(database: Database, tmp_path: Path) -> None:
    key = await token(database, Scope.ALERTS_READ)
    async with open_client(service(database, tmp_path), key) as client:
        listed = (await client.get("/alerts")).json()["items"]

    assert {(item["user_id"], item["alert_type"], item["reason"]) for item in listed} == {
        (1, "RENEWAL_SOON", "renews in 4 days"),
        (3, "RENEWAL_SOON", "renews in 6 days"),
    }


async def test_an_erased_person_is_gone(sources: Sources, client: httpx.AsyncClient) -> None:
    before = await client.get("/renewals")
    async with sources.database.transaction() as session:
        deleted = await erase(session, sources.warehouse, 1, NOW)

    tag = {"If-None-Match": before.headers["ETag"]}
    after = await client.get("/renewals", headers=tag)

    assert deleted["renewal_reports"] == 2
    assert [item["user_id"] for item in after.json()["items"]] == [3, 2]


async def test_the_house_is_kept_for_it_too(sources: Sources, tmp_path: Path) -> None:
    later = datetime(2026, 8, 1, 3, tzinfo=UTC)

    await keep_house(sources, Settings(home=tmp_path), lambda: later, [])

    months = "SELECT to_regclass('renewal_reports_202608') IS NOT NULL"
    assert await selected(sources.database, months) == [(True,)]


async def test_the_api_describes_it(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()

    (tag,) = [tag for tag in described["tags"] if tag["name"] == "renewals"]
    assert tag["description"].startswith("Whose subscription renews")
    assert {"/renewals", "/renewals/summary", "/renewals/trend"} <= described["paths"].keys()


async def test_a_key_of_another_report_sees_nothing_of_it(
    database: Database, tmp_path: Path
) -> None:
    key = await token(database, Scope.REPORTS_READ, report_types=frozenset({"churn"}))
    async with open_client(service(database, tmp_path), key) as client:
        answer = await client.get("/renewals")

    assert answer.status_code in {403, 404}
