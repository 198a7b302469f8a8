"""Which runs a request makes: of the days that its `only` leaves, and once for its key."""

import asyncio
from datetime import date

import pytest

from app.kit.db.engine import Database
from app.runs.execution.request import MAX_RUN_DAYS
from app.runs.models import RunStatus
from tests.support.http_client import token
from tests.support.run_api import (
    BOTH,
    RUN,
    YESTERDAY,
    ApiClient,
    keep_ledger,
    restricted_to,
    set_run,
)

FIRST = date.fromordinal(YESTERDAY.toordinal() - MAX_RUN_DAYS + 1)


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"only": "all"}, ["2026-03-08", "2026-03-09", "2026-03-10"]),
        ({"only": "missing"}, ["2026-03-08"]),
        ({"only": "failed"}, ["2026-03-09", "2026-03-10"]),
        ({"only": "failed", "academy": [1]}, ["2026-03-09"]),
        ({"only": "missing", "academy": [1]}, ["2026-03-08"]),
    ],
)
async def test_a_run_is_of_the_days_that_are_left(
    api: ApiClient, database: Database, asked: dict[str, object], days: list[str]
) -> None:
    await keep_ledger(database)

    _, planned = await api.post("/reports/churn/plan", {"days_back": 3, **asked})
    _, run = await api.post(RUN, {"days_back": 3, **asked})

    _, detail = await api.get(f"/reports/runs/{run['id']}")
    assert [day["report_date"] for day in detail["days"]] == planned["days"] == days


async def test_a_run_of_which_no_day_is_left_is_done_at_once(
    api: ApiClient, database: Database
) -> None:
    await keep_ledger(database)

    status, run = await api.post(RUN, {"date": "2026-03-10", "only": "missing"})

    assert (status, run["status"], run["days"]) == (202, RunStatus.DONE, {})


async def test_a_run_has_at_most_fifteen_hundred_days(api: ApiClient) -> None:
    before = date.fromordinal(FIRST.toordinal() - 1)

    most, run = await api.post(RUN, {"date_from": str(FIRST), "date_to": str(YESTERDAY)})
    more, _ = await api.post(RUN, {"date_from": str(before), "date_to": str(YESTERDAY)})

    assert (most, run["days"], more) == (202, {"PENDING": 1500}, 422)


async def test_a_year_can_be_run_backwards(api: ApiClient) -> None:
    assert (await api.post(RUN, {"days_back": 366}))[1]["days"] == {"PENDING": 366}


async def test_concurrent_requests_with_one_idempotency_key_make_one_run(
    api: ApiClient, database: Database
) -> None:
    made = await asyncio.gather(
        *(api.post(RUN, {"days_back": 3}, Idempotency_Key="a") for _ in range(8))
    )
    await set_run(database, made[0][1]["id"], status=RunStatus.DONE)
    again = await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")

    assert {(status, run["id"]) for status, run in (*made, again)} == {(202, made[0][1]["id"])}


async def test_an_idempotency_key_belongs_to_its_caller(api: ApiClient, database: Database) -> None:
    _, run = await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")
    await set_run(database, run["id"], status=RunStatus.DONE)
    own = await restricted_to(api, database, 1)
    api.key = await token(database, *BOTH)

    for other in (api, own):
        status, answer = await other.post(RUN, {"days_back": 2}, Idempotency_Key="a")
        assert (status, answer["id"] != run["id"]) == (202, True)


async def test_a_ledger_backwards_is_refused(api: ApiClient) -> None:
    status, answer = await api.get("/reports/churn/days?from=2026-03-10&to=2026-03-09")

    assert (status, answer["code"]) == (422, "invalid_request")
