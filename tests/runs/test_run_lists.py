"""Runs and the ledger, listed over HTTP."""

import pytest

from app.kit.db.engine import Database
from tests.support.run_api import (
    RUN,
    ApiClient,
    keep_ledger,
    restricted_to,
)


async def test_runs_are_paged_the_newest_first(api: ApiClient) -> None:
    made = [(await api.post(RUN, {"days_back": back}))[1]["id"] for back in (1, 2, 3)]

    _, first = await api.get("/reports/runs?limit=2&status=PENDING")
    _, second = await api.get(f"/reports/runs?cursor={first['next_cursor']}")

    found = [run["id"] for run in first["items"] + second["items"]]
    assert sorted(found) == sorted(made)
    assert (len(first["items"]), second["next_cursor"]) == (2, None)


@pytest.mark.parametrize(
    ("query", "count"),
    [("date=2026-03-08", 1), ("date=2026-03-10", 2), ("status=DONE", 0), ("type=churn", 2)],
)
async def test_runs_are_filtered(api: ApiClient, query: str, count: int) -> None:
    for back in (1, 3):
        await api.post(RUN, {"days_back": back})

    assert len((await api.get(f"/reports/runs?{query}"))[1]["items"]) == count


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/reports/runs?limit=1&", 2),
        ("/reports/runs?status=DONE&", 0),
        ("/reports/churn/days?limit=1&", 4),
        ("/reports/churn/days?state=HELD&", 1),
    ],
)
async def test_a_list_says_how_many_there_are(
    api: ApiClient, database: Database, path: str, total: int
) -> None:
    await keep_ledger(database)
    for back in (1, 3):
        await api.post(RUN, {"days_back": back})

    _, counted = await api.get(f"{path}count=true")
    _, silent = await api.get(path.rstrip("&"))

    assert (counted["total"], silent["total"]) == (total, None)


async def test_a_page_after_a_cursor_counts_the_whole_list(
    api: ApiClient, database: Database
) -> None:
    await keep_ledger(database)
    _, first = await api.get("/reports/churn/days?limit=2&count=true")

    cursor = first["next_cursor"]
    _, second = await api.get(f"/reports/churn/days?limit=2&count=true&cursor={cursor}")

    assert (len(second["items"]), second["total"]) == (2, 4)


async def test_a_cursor_of_another_list_is_refused(api: ApiClient, database: Database) -> None:
    await keep_ledger(database)
    _, days = await api.get("/reports/churn/days?limit=1")

    status, answer = await api.get(f"/reports/runs?cursor={days['next_cursor']}")

    assert (status, answer["code"]) == (422, "invalid_cursor")


async def test_the_ledger_says_where_each_day_stands(api: ApiClient, database: Database) -> None:
    await keep_ledger(database)

    _, answer = await api.get("/reports/churn/days")

    found = [(day["report_date"], day["academy_id"], day["state"]) for day in answer["items"]]
    assert found == [
        ("2026-03-10", None, "PUBLISHED"),
        ("2026-03-10", 1, "PUBLISHED"),
        ("2026-03-10", 2, "HELD"),
        ("2026-03-09", None, "ERROR"),
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [("state=HELD", 1), ("academy=1", 1), ("from=2026-03-10", 3), ("to=2026-03-09", 1)],
)
async def test_the_ledger_is_filtered(
    api: ApiClient, database: Database, query: str, count: int
) -> None:
    await keep_ledger(database)

    assert len((await api.get(f"/reports/churn/days?{query}"))[1]["items"]) == count


async def test_the_ledger_is_paged(api: ApiClient, database: Database) -> None:
    await keep_ledger(database)

    items, going_on = [], "from=2026-03-01"
    while going_on:
        _, page = await api.get(f"/reports/churn/days?limit=1&{going_on}")
        items += page["items"]
        going_on = page["next_cursor"] and f"cursor={page['next_cursor']}"

    assert items == (await api.get("/reports/churn/days"))[1]["items"]


async def test_a_limited_key_sees_its_part_of_the_ledger(
    api: ApiClient, database: Database
) -> None:
    await keep_ledger(database)
    own = await restricted_to(api, database, 1)

    _, days = await own.get("/reports/churn/days")
    _, reports = await own.get("/reports")

    assert [day["academy_id"] for day in days["items"]] == [1]
    assert (await own.get("/reports/churn/days?academy=2"))[0] == 404
    assert reports["items"][0]["unpublished"] == []


async def test_the_reports_say_what_is_held_and_why(api: ApiClient, database: Database) -> None:
    await keep_ledger(database)

    _, answer = await api.get("/reports")

    (churn,) = answer["items"]
    assert (churn["type"], churn["newest_published_day"]) == ("churn", "2026-03-10")
    assert "churn_risk_score" in churn["fields"]
    assert [day["state"] for day in churn["unpublished"]] == ["HELD", "ERROR"]
