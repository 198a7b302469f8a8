"""Cursors that nobody was given: no list stumbles over them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.kit.http.cursors import Cursor, Position
from tests.support.churn_alerts import critical_learner, publish_and_evaluate
from tests.support.database_copies import copied_database
from tests.support.http_client import open_client, service, token
from tests.support.openapi_document import OPERATIONS
from tests.support.published_days import DAY, publish, risk
from tests.support.run_records import new_run, run_request

RUN = "00000000-0000-0000-0000-000000000000"
LISTS = [
    operation["path"].replace("{user_id}", "1").replace("{report_type}", "churn")
    for operation in OPERATIONS.values()
    if "cursor" in {each["name"] for each in operation.get("parameters", ())}
]
POSITIONS: list[Position] = [
    [],
    [None],
    [1, 2, 3],
    ["0001-01-01T00:00:00+14:00", RUN],
    ["9999-12-31T23:59:59-14:00", RUN],
    ["2026-03-01T00:00:00+00:00", "no run"],
    ["2026-03-01", 10**30],
    ["2026-03-01", "1"],
    ["2026-03-01", True],
    [2**31, "2026-03-01T00:00:00+00:00", 1],
    [1, "0001-01-01T00:00:00+14:00", 1],
    [1, "2026-03-01T00:00:00+00:00", 10**30],
    [1, 2, "2026-03-01T00:00:00+00:00"],
    [1e300, 10**30, 1, 1, "2026-03-01"],
]


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every scope, where there is something to list."""
    await publish(database, risk())
    async with open_client(service(database, tmp_path), await token(database, *Scope)) as client:
        yield client


@pytest.mark.parametrize("path", LISTS)
async def test_a_forged_cursor_is_refused(client: httpx.AsyncClient, path: str) -> None:
    given = [Cursor(filters={}, digest="", after=place).encode() for place in POSITIONS]
    given += ["-1", "0", str(2**63), "A" * 4000, "%00", "é"]

    answers = [await client.get(path, params={"cursor": cursor}) for cursor in given]

    refused = [answer.status_code for answer in answers]
    assert set(refused) <= {409, 422}


async def test_academies_are_paged_by_their_next_link(client: httpx.AsyncClient) -> None:
    rows = [{"id": n, "slug": f"s{n}", "name": f"Academy {n}"} for n in (1, 2, 3)]
    await client.put("/academies", json=rows)

    first = await client.get("/academies?limit=2")
    second = await client.get(first.links["next"]["url"])

    found = [item["id"] for page in (first, second) for item in page.json()["items"]]
    assert found == [1, 2, 3]
    assert "next" not in second.links


CONTRADICTIONS = [
    ("/churn/risk", "level=CRITICAL", "level=LOW"),
    ("/churn/risk", "sort=user", "sort=-score"),
    ("/churn/risk/{user_id}", "", "academy=2"),
    ("/churn/risk/{user_id}", "", "date_from=2026-03-09&date_to=2026-03-10"),
    ("/churn/risk/{user_id}", "date_from=2026-03-09&date_to=2026-03-10", "date=2026-03-10"),
    ("/alerts", "", "severity=HIGH"),
    ("/alerts", "status=OPEN", "status=RESOLVED"),
    ("/reports/runs", "type=churn", "type=other"),
    ("/reports/{report_type}/days", "from=2026-03-09", "from=2026-03-10"),
    ("/reports/{report_type}/days", "", "academy=1"),
]
"""A list, the filters of its first page, and filters that do not go with its cursor."""
WITHOUT_FILTERS = {"/academies"}


def filled(path: str) -> str:
    return path.replace("{user_id}", "1").replace("{report_type}", "churn")


def test_every_list_with_filters_has_a_contradicting_case() -> None:
    assert {filled(path) for path, _, _ in CONTRADICTIONS} | WITHOUT_FILTERS == set(LISTS)


async def two_of_each(database: Database, _home: Path) -> None:
    """Two learners on two days, who have an alert each, and two runs."""
    days = [DAY - timedelta(days=1), DAY]
    await publish_and_evaluate(
        database, *(critical_learner(user, report_date=day) for user in (1, 2) for day in days)
    )
    for day in days:
        await new_run(database, run_request(day_from=day, day_to=day))


two = copied_database(two_of_each)


@pytest.fixture
async def paged_client(two: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of every scope, where each list has more than one page of one item."""
    async with open_client(service(two, tmp_path), await token(two, *Scope)) as paged_client:
        yield paged_client


@pytest.mark.parametrize(("path", "filters", "others"), CONTRADICTIONS)
async def test_filters_that_contradict_the_cursor_are_refused(
    paged_client: httpx.AsyncClient, path: str, filters: str, others: str
) -> None:
    cursor = (await paged_client.get(f"{filled(path)}?limit=1&{filters}")).json()["next_cursor"]
    assert cursor

    own = await paged_client.get(f"{filled(path)}?limit=1&cursor={cursor}&{filters}")
    other = await paged_client.get(f"{filled(path)}?limit=1&cursor={cursor}&{others}")

    assert own.status_code == 200
    assert (other.status_code, other.json()["code"]) == (422, "invalid_cursor")


async def test_a_cursor_of_another_learners_history_is_refused(
    paged_client: httpx.AsyncClient,
) -> None:
    cursor = (await paged_client.get("/churn/risk/1?limit=1")).json()["next_cursor"]

    answer = await paged_client.get(f"/churn/risk/2?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_cursor_may_come_with_only_some_of_its_filters(
    paged_client: httpx.AsyncClient,
) -> None:
    first = await paged_client.get("/churn/risk/1?limit=1&academy=1")

    second = await paged_client.get(first.links["next"]["url"])

    assert [item["report_date"] for item in second.json()["items"]] == ["2026-03-09"]
