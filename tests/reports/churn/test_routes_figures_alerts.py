"""The alerts beside what dashboards sum: of evaluated days, and of no others."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.reports.churn.api.responses import SummaryList, Trend
from tests.support.churn_alerts import (
    critical_learner,
    evaluate_due_alerts,
    healthy_learner,
    learner_with_failed_payment,
    publish_and_evaluate,
)
from tests.support.http_client import open_client, service, token
from tests.support.published_days import DAY, publish, risk

PATHS = ("/churn/summary", "/churn/trend", "/churn/summary?group=academy")
NONE_OPEN = {"LOW": 0, "MEDIUM": 0, "HIGH": 0, "CRITICAL": 0}


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that reads the reports of every academy."""
    async with open_client(service(database, tmp_path), await token(database)) as asking:
        yield asking


def told(
    opened: int = 0, closed: int = 0, unevaluated: int = 0, **still_open: int
) -> dict[str, object]:
    """Write the counts as they are answered."""
    return {
        "opened": opened,
        "reopened": 0,
        "closed": closed,
        "open": NONE_OPEN | still_open,
        "unevaluated_academies": unevaluated,
    }


async def alerts_of(asking: httpx.AsyncClient, path: str) -> list[object]:
    answer = await asking.get(path)
    assert answer.status_code == 200, answer.text
    return [item["alerts"] for item in answer.json()["items"]]


async def test_a_summary_adds_up_the_alerts_of_the_academies(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(
        database, risk(user_id=1), learner_with_failed_payment(2), critical_learner(3, academy_id=2)
    )

    together = await alerts_of(asking, "/churn/summary")
    each = await alerts_of(asking, "/churn/summary?group=academy")

    assert together == [told(opened=3, HIGH=1, CRITICAL=2)]
    assert each == [told(opened=2, HIGH=1, CRITICAL=1), told(opened=1, CRITICAL=1)]


async def test_a_trend_tells_what_each_day_did_and_what_was_open_after_it(
    asking: httpx.AsyncClient, database: Database
) -> None:
    days = [DAY - 2 * ONE_DAY, DAY - ONE_DAY, DAY]
    await publish_and_evaluate(
        database,
        learner_with_failed_payment(1, report_date=days[0]),
        critical_learner(2, report_date=days[0]),
    )
    for day in days[1:]:
        await publish_and_evaluate(
            database, healthy_learner(1, report_date=day), critical_learner(2, report_date=day)
        )

    assert await alerts_of(asking, "/churn/trend") == [
        told(opened=2, CRITICAL=2),
        told(CRITICAL=2),
        told(closed=1, CRITICAL=1),
    ]


@pytest.mark.parametrize("path", PATHS)
async def test_a_day_without_alerts_is_told_from_one_that_is_not_evaluated(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish(database, healthy_learner(1))
    before = await alerts_of(asking, path)

    await evaluate_due_alerts(database)

    assert (before, await alerts_of(asking, path)) == ([None], [told()])


@pytest.mark.parametrize("path", ["/churn/summary", "/churn/trend"])
async def test_academies_that_are_not_evaluated_are_counted_beside_the_sum(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish_and_evaluate(database, learner_with_failed_payment(1))
    await publish(
        database,
        learner_with_failed_payment(2, academy_id=2),
        learner_with_failed_payment(3, academy_id=3),
    )

    assert await alerts_of(asking, path) == [told(opened=1, CRITICAL=1, unevaluated=2)]


async def test_the_newest_day_has_none_from_its_new_publication_to_its_evaluation(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(
        database, learner_with_failed_payment(1), learner_with_failed_payment(2)
    )

    await publish(database, learner_with_failed_payment(1), healthy_learner(2))
    between = await alerts_of(asking, "/churn/summary")
    await evaluate_due_alerts(database)

    assert between == [None]
    assert await alerts_of(asking, "/churn/summary") == [told(opened=1, CRITICAL=1)]


async def test_an_older_day_that_is_published_anew_keeps_what_it_did(
    asking: httpx.AsyncClient, database: Database
) -> None:
    for day in (DAY - ONE_DAY, DAY):
        await publish_and_evaluate(database, learner_with_failed_payment(1, report_date=day))

    await publish(database, healthy_learner(1, report_date=DAY - ONE_DAY))

    assert await alerts_of(asking, "/churn/trend") == [
        told(opened=1, CRITICAL=1),
        told(CRITICAL=1),
    ]


async def test_a_day_before_the_first_evaluated_one_has_none(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(database, learner_with_failed_payment(1))

    await publish_and_evaluate(database, learner_with_failed_payment(1, report_date=DAY - ONE_DAY))

    assert await alerts_of(asking, "/churn/trend") == [None, told(opened=1, CRITICAL=1)]


async def test_erasing_a_person_leaves_the_counts_of_the_day(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(
        database, learner_with_failed_payment(1), learner_with_failed_payment(2)
    )

    headers = {"Authorization": f"Bearer {await token(database, Scope.PEOPLE_ERASE)}"}
    erased = await asking.delete("/users/1", headers=headers)

    assert erased.status_code == 200
    assert await alerts_of(asking, "/churn/summary") == [told(opened=2, CRITICAL=2)]


@pytest.mark.parametrize("path", PATHS)
async def test_the_etag_changes_when_the_day_is_evaluated(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish(database, learner_with_failed_payment(1))
    known = {"If-None-Match": (await asking.get(path)).headers["etag"]}

    before = await asking.get(path, headers=known)
    await evaluate_due_alerts(database)
    after = await asking.get(path, headers=known)

    assert (before.status_code, after.status_code) == (304, 200)


@pytest.mark.parametrize("path", ["/churn/risk", "/churn/movers"])
async def test_what_tells_no_alerts_is_not_sent_again_for_their_sake(
    asking: httpx.AsyncClient, database: Database, path: str
) -> None:
    await publish(
        database,
        learner_with_failed_payment(1),
        learner_with_failed_payment(1, report_date=DAY - 7 * ONE_DAY),
    )
    known = {"If-None-Match": (await asking.get(path)).headers["etag"]}

    await evaluate_due_alerts(database)

    assert (await asking.get(path, headers=known)).status_code == 304


@pytest.mark.parametrize("path", PATHS)
async def test_a_limited_key_is_told_of_its_own_academies(
    database: Database, tmp_path: Path, path: str
) -> None:
    await publish_and_evaluate(database, learner_with_failed_payment(1))
    own = await token(database, academies=frozenset({1}))
    async with open_client(service(database, tmp_path), own) as asking:
        answer = await asking.get(path)
        known = {"If-None-Match": answer.headers["etag"]}

        await publish_and_evaluate(
            database,
            learner_with_failed_payment(2, academy_id=2),
            critical_learner(3, academy_id=2),
        )
        again = await asking.get(path, headers=known)

    (item,) = answer.json()["items"]
    assert item["alerts"] == told(opened=1, CRITICAL=1)
    assert again.status_code == 304


async def test_the_bytes_written_by_the_database_satisfy_the_models(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish_and_evaluate(database, learner_with_failed_payment(1))

    summary = SummaryList.model_validate_json((await asking.get("/churn/summary")).content)
    trend = Trend.model_validate_json((await asking.get("/churn/trend")).content)

    assert summary.items[0].alerts == trend.items[0].alerts
    assert summary.items[0].alerts is not None
