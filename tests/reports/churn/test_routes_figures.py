"""One learner's history, what dashboards sum, and whose score moved."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.reports.churn.api.responses import (
    MoverList,
    RiskPage,
    SummaryList,
    Trend,
)
from tests.support.http_client import open_client, service, token
from tests.support.published_days import DAY, publish, risk

WEEK = 7 * ONE_DAY


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that reads the reports of every academy."""
    async with open_client(service(database, tmp_path), await token(database)) as asking:
        yield asking


async def test_a_history_is_newest_first_with_the_contributions(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(
        database, *(risk(report_date=DAY - n * ONE_DAY) for n in range(3)), risk(user_id=2)
    )

    page = RiskPage.model_validate_json((await asking.get("/churn/risk/1")).content)

    assert [item.report_date for item in page.items] == [DAY - n * ONE_DAY for n in range(3)]
    assert all(item.details is not None for item in page.items)


async def test_a_history_is_paged(asking: httpx.AsyncClient, database: Database) -> None:
    await publish(database, *(risk(report_date=DAY - n * ONE_DAY) for n in range(3)))
    first = await asking.get("/churn/risk/1?limit=2")

    second = (await asking.get(first.links["next"]["url"])).json()

    assert [item["report_date"] for item in second["items"]] == ["2026-03-08"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("published", [True, False])
async def test_a_learner_without_a_row_has_no_history(
    asking: httpx.AsyncClient, database: Database, *, published: bool
) -> None:
    if published:
        await publish(database, risk())

    answer = await asking.get("/churn/risk/2")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")


async def test_a_summary_adds_up_the_academies(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(
        database,
        risk(user_id=1, churn_risk_score=80.0),
        risk(user_id=2, churn_risk_score=10.0, subscription_status="PAYMENT_ISSUE"),
        risk(user_id=3, churn_risk_score=15.0, academy_id=2),
    )

    found = SummaryList.model_validate_json((await asking.get("/churn/summary")).content)

    (item,) = found.items
    assert (item.academy_id, item.subscribers, item.mean_score) == (None, 3, 35.0)
    assert item.levels == {"LOW": 2, "MEDIUM": 0, "HIGH": 0, "CRITICAL": 1}
    assert item.subscription_statuses == {"FREE_TRIAL": 0, "ACTIVE": 2, "PAYMENT_ISSUE": 1}
    assert item.mrr_by_level == {"EUR": {"LOW": 98, "CRITICAL": 49}}


async def test_a_summary_can_be_grouped_by_academy(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), risk(academy_id=2, churn_risk_score=1.0))

    answer = (await asking.get("/churn/summary?group=academy")).json()

    assert [(item["academy_id"], item["mean_score"]) for item in answer["items"]] == [
        (1, 60),
        (2, 1),
    ]
    assert answer["items"][0]["mrr_by_level"] == {"EUR": {"HIGH": 49}}


@pytest.mark.parametrize("path", ["/churn/summary", f"/churn/trend?date={DAY}"])
async def test_sums_stay_known_when_another_day_is_published(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish(database, risk(report_date=DAY - ONE_DAY), risk())
    etag = (await asking.get(path)).headers["etag"]
    await publish(database, risk(report_date=DAY - ONE_DAY))
    known = await asking.get(path, headers={"If-None-Match": etag})
    await publish(database, risk())

    changed = await asking.get(path, headers={"If-None-Match": etag})

    assert (known.status_code, changed.status_code) == (304, 200)


async def test_a_trend_has_the_oldest_day_first(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), risk(academy_id=2), risk(report_date=DAY - ONE_DAY))

    trend = Trend.model_validate_json((await asking.get("/churn/trend")).content)

    assert [(item.report_date, item.subscribers) for item in trend.items] == [
        (DAY - ONE_DAY, 1),
        (DAY, 2),
    ]


@pytest.mark.parametrize("path", ["/churn/summary?group=academy", "/churn/trend?group=academy"])
async def test_sums_take_two_statements_however_many_days_and_academies(
    asking: httpx.AsyncClient, database: Database, statements: list[str], path: str
) -> None:
    days = [DAY - n * ONE_DAY for n in range(5)]
    await publish(database, *(risk(academy_id=a, report_date=d) for a in (1, 2, 3) for d in days))
    await asking.get("/me")
    statements.clear()

    await asking.get(path)

    assert len(statements) == 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", [(3, 60), (1, 20)]),
        ("min_change=21", [(3, 60)]),
        ("direction=down", [(2, -30)]),
        ("direction=both&limit=2", [(3, 60), (2, -30)]),
        ("days=1", []),
    ],
)
async def test_movers_have_the_largest_change_first(
    asking: httpx.AsyncClient, database: Database, asked: str, expected: list[tuple[int, float]]
) -> None:
    before = {1: 40.0, 2: 70.0, 3: 20.0, 4: 50.0}
    now = {1: 60.0, 2: 40.0, 3: 80.0, 4: 50.0, 5: 99.0}
    earlier = DAY - WEEK
    for day, scores in ((earlier, before), (DAY, now)):
        rows = (risk(user_id=u, churn_risk_score=s, report_date=day) for u, s in scores.items())
        await publish(database, *rows)

    answer = await asking.get(f"/churn/movers?{asked}")

    found = MoverList.model_validate_json(answer.content)
    assert [(item.user_id, item.score_change) for item in found.items] == expected


async def test_days_that_were_scored_differently_are_not_compared(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(report_date=DAY - WEEK))
    await publish(database, risk(), scoring_version=2)

    answer = await asking.get("/churn/movers")

    assert (answer.status_code, answer.json()["code"]) == (409, "scoring_changed")


@pytest.mark.parametrize(
    "path", ["/churn/risk/1", "/churn/summary", "/churn/trend", "/churn/movers"]
)
async def test_a_known_answer_is_not_sent_again_until_the_day_is_published_anew(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish(database, risk(), risk(report_date=DAY - WEEK))
    known = {"If-None-Match": (await asking.get(path)).headers["etag"]}

    same = await asking.get(path, headers=known)
    await publish(database, risk())
    anew = await asking.get(path, headers=known)

    assert (same.status_code, anew.status_code) == (304, 200)
