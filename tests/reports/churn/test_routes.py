"""The list of who is at risk."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.reports.churn.api.responses import RiskPage
from app.reports.churn.scoring import Signal
from app.runs.ledger.quality_gate import DayState
from app.sources.directory.models import User
from tests.support.http_client import open_client, service, token
from tests.support.published_days import DAY, publish, risk

WEEK = 7 * ONE_DAY


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that reads the reports of every academy."""
    async with open_client(service(database, tmp_path), await token(database)) as asking:
        yield asking


async def users_of(asking: httpx.AsyncClient, path: str) -> list[int]:
    """Return the learners of a list, in its order."""
    answer = await asking.get(path)
    assert answer.status_code == 200, answer.text
    return [item["user_id"] for item in answer.json()["items"]]


async def test_the_highest_score_comes_first_then_soonest_renewal_then_user(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(
        database,
        risk(user_id=1, churn_risk_score=10.0),
        risk(user_id=2, days_until_renewal=None),
        risk(user_id=3, days_until_renewal=4),
        risk(user_id=4, days_until_renewal=-1),
        risk(user_id=5, days_until_renewal=4),
        risk(user_id=6, churn_risk_score=90.0),
    )

    assert await users_of(asking, "/churn/risk") == [6, 4, 3, 5, 2, 1]


async def test_without_a_day_each_academys_newest_published_day_is_read(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(user_id=1, report_date=DAY - ONE_DAY), risk(user_id=2))
    await publish(database, risk(user_id=3, academy_id=2, report_date=DAY - ONE_DAY))

    answer = (await asking.get("/churn/risk")).json()

    assert [item["user_id"] for item in answer["items"]] == [2, 3]
    assert [(day["academy_id"], day["report_date"]) for day in answer["days"]] == [
        (1, "2026-03-10"),
        (2, "2026-03-09"),
    ]


async def test_a_held_day_shows_its_earlier_rows_and_says_so(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), state=DayState.HELD)

    answer = (await asking.get("/churn/risk")).json()

    assert len(answer["items"]) == 1
    assert answer["days"][0]["state"] == "HELD"


async def test_a_day_never_published_is_not_read(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(report_date=DAY - ONE_DAY))
    await publish(database, risk(user_id=2), state=DayState.HELD, revision=None, published_at=None)

    answer = (await asking.get("/churn/risk")).json()

    assert [day["report_date"] for day in answer["days"]] == ["2026-03-09"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("level=HIGH", [2, 3]),
        ("level=LOW&level=CRITICAL", [4, 1]),
        ("min_score=50&max_score=60", [2, 3]),
        ("min_score=60.01", [4]),
        ("subscription_status=PAYMENT_ISSUE", [3]),
        ("has_payment_issues=true", [3]),
        ("user=2", [2]),
        ("sort=score", [1, 3, 2, 4]),
        ("sort=user", [1, 2, 3, 4]),
        ("sort=-mrr", [3, 4, 2, 1]),
        ("date=2026-03-09", []),
        ("date_from=2026-03-01&date_to=2026-03-10&academy=1&limit=2", [4, 2]),
    ],
)
async def test_filters_and_orders(
    asking: httpx.AsyncClient, database: Database, filters: str, expected: list[int]
) -> None:
    owing: dict[str, object] = {"subscription_status": "PAYMENT_ISSUE", "has_payment_issues": True}
    await publish(
        database,
        risk(user_id=1, churn_risk_score=24.99, mrr=None),
        risk(user_id=2, churn_risk_score=60.0),
        risk(user_id=3, churn_risk_score=50.0, mrr=99.0, **owing),
        risk(user_id=4, churn_risk_score=75.0),
    )

    assert await users_of(asking, f"/churn/risk?{filters}") == expected


async def test_the_bytes_written_by_the_database_satisfy_the_model(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk())

    answer = await asking.get("/churn/risk?details=true&count=true")

    page = RiskPage.model_validate_json(answer.content)
    details = page.items[0].details
    assert details is not None
    assert details.signals[Signal.INACTIVITY].contribution == 60
    assert page.total == 1
    assert set(answer.json()["items"][0]) == set(type(page.items[0]).model_fields)


async def test_scores_are_compared_with_yesterday_and_a_week_ago(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(churn_risk_score=70.11))
    await publish(database, risk(churn_risk_score=65.5, report_date=DAY - ONE_DAY))
    await publish(database, risk(churn_risk_score=40.01, report_date=DAY - WEEK))

    item = (await asking.get("/churn/risk")).json()["items"][0]

    assert (item["previous_score"], item["score_change_7d"]) == (65.5, 30.1)


async def test_another_scoring_version_is_not_compared(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(scoring_version=2))
    await publish(database, risk(report_date=DAY - WEEK))

    item = (await asking.get("/churn/risk")).json()["items"][0]

    assert item["score_change_7d"] is None


@pytest.mark.parametrize(
    ("scopes", "email"),
    [
        ([Scope.REPORTS_READ], None),
        ([Scope.REPORTS_READ, Scope.PEOPLE_READ], "ada@example.com"),
    ],
)
async def test_names_are_answered_to_who_may_see_people(
    database: Database, tmp_path: Path, scopes: list[Scope], email: str | None
) -> None:
    await publish(database, risk())
    async with database.transaction() as session:
        session.add(User(id=1, email="ada@example.com", full_name="Ada"))

    async with open_client(service(database, tmp_path), await token(database, *scopes)) as asking:
        item = (await asking.get("/churn/risk")).json()["items"][0]

    assert item["email"] == email
