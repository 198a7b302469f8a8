"""Asking for runs over HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.runs.models import RunDayState, RunStatus
from tests.support.http_client import NOW, open_client, token
from tests.support.report_runs import event, put_activity
from tests.support.run_api import (
    BOTH,
    RUN,
    YESTERDAY,
    ApiClient,
    queued_jobs,
    restricted_to,
    set_days,
    set_run,
)


async def test_a_run_is_accepted_and_a_worker_woken(api: ApiClient, database: Database) -> None:
    async with open_client(api.app, api.key) as client:
        answer = await client.post(RUN)

    run = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/reports/runs/{run['id']}"
    assert (run["date_from"], run["date_to"]) == (str(YESTERDAY), str(YESTERDAY))
    assert (run["status"], run["days"]) == ("PENDING", {"PENDING": 1})
    assert await queued_jobs(database) == [run["id"]]


async def test_a_run_that_is_not_accepted_wakes_nobody(api: ApiClient, database: Database) -> None:
    status, answer = await api.post(RUN, {"academy": [1, 77]})

    assert (status, answer["code"]) == (404, "unknown_academy")
    assert [fault["pointer"] for fault in answer["errors"]] == ["/academy/1"]
    assert await queued_jobs(database) == []


async def test_an_identical_run_at_work_is_answered_instead(api: ApiClient) -> None:
    _, first = await api.post(RUN, {"days_back": 3})

    status, second = await api.post(RUN, {"days_back": 3})
    other_status, other = await api.post(RUN, {"days_back": 4})

    assert (status, second["id"]) == (200, first["id"])
    assert (other_status, other["id"] != first["id"]) == (202, True)


async def test_the_same_request_with_the_same_key_gets_the_same_run(
    api: ApiClient, database: Database
) -> None:
    _, first = await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")
    await set_run(database, first["id"], status=RunStatus.DONE)

    status, again = await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")
    _, other = await api.post(RUN, {"days_back": 3}, Idempotency_Key="b")

    assert (status, again["id"]) == (202, first["id"])
    assert other["id"] != first["id"]


async def test_the_same_key_with_another_body_is_refused(api: ApiClient) -> None:
    await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")

    status, answer = await api.post(RUN, {"days_back": 4}, Idempotency_Key="a")

    assert (status, answer["code"]) == (422, "idempotency_key_reused")
    assert answer["errors"][0]["pointer"] == "/header/Idempotency-Key"


async def test_an_idempotency_key_expires_after_a_day(api: ApiClient, database: Database) -> None:
    _, first = await api.post(RUN, {"days_back": 3}, Idempotency_Key="a")
    async with database.transaction() as session:
        connection = await session.connection()
        old = text("UPDATE report_run_keys SET created_at = :at")
        await connection.execute(old, {"at": NOW - timedelta(hours=24, seconds=1)})

    status, other = await api.post(RUN, {"days_back": 4}, Idempotency_Key="a")

    assert (status, other["id"] != first["id"]) == (202, True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"date": "2026-03-11"}, "invalid_days"),
        ({"date": "2026-03-10", "days_back": 2}, "invalid_days"),
        ({"date_from": "2026-03-10"}, "invalid_days"),
        ({"date_from": "2021-01-01", "date_to": "2026-03-10"}, "invalid_days"),
        ({"days_back": 367}, "invalid_request"),
        ({"academies": [1]}, "invalid_request"),
    ],
)
async def test_days_that_cannot_be_run_are_refused(api: ApiClient, body: object, code: str) -> None:
    status, answer = await api.post(RUN, body)

    assert (status, answer["code"]) == (422, code)
    assert answer["errors"][0]["pointer"].startswith("/")


async def test_forcing_needs_an_administrator(api: ApiClient, database: Database) -> None:
    refused, answer = await api.post(RUN, {"force": True})
    api.key = await token(database, *BOTH, Scope.ADMIN)

    assert (refused, answer["code"]) == (403, "missing_scope")
    assert (await api.post(RUN, {"force": True}))[0] == 202


async def test_an_unknown_report_type_is_404(api: ApiClient) -> None:
    for path in ("run", "plan"):
        status, answer = await api.post(f"/reports/nothing/{path}")
        assert (status, answer["code"]) == (404, "unknown_report")


async def test_a_limited_key_runs_its_academies(api: ApiClient, database: Database) -> None:
    own = await restricted_to(api, database, 1)

    assert (await own.post(RUN))[1]["academies"] == [1]
    assert (await own.post(RUN, {"academy": [2]}))[0] == 404
    assert (await own.post(RUN, {"academy": [77]}))[0] == 404


async def test_a_key_for_an_academy_to_come_runs_those_that_there_are(
    api: ApiClient, database: Database
) -> None:
    own = await restricted_to(api, database, 1, 77)

    status, run = await own.post(RUN)

    assert (status, run["academies"]) == (202, [1, 77])
    assert (await own.post("/reports/churn/plan"))[0] == 200


async def test_a_limited_key_sees_no_run_of_others(api: ApiClient, database: Database) -> None:
    own = await restricted_to(api, database, 1)
    hidden = [(await api.post(RUN, body))[1]["id"] for body in (None, {"academy": [1, 2]})]
    seen = (await api.post(RUN, {"academy": [1]}))[1]["id"]

    assert [run["id"] for run in (await own.get("/reports/runs"))[1]["items"]] == [seen]
    for run in hidden:
        assert (await own.get(f"/reports/runs/{run}"))[0] == 404
        assert (await own.post(f"/reports/runs/{run}/cancel"))[0] == 404
        assert (await own.post(f"/reports/runs/{run}/retry"))[0] == 404
    assert (await own.get(f"/reports/runs/{seen}"))[0] == 200


async def test_a_run_that_nobody_has_begun_is_cancelled_at_once(api: ApiClient) -> None:
    _, run = await api.post(RUN, {"days_back": 2})

    status, cancelled = await api.post(f"/reports/runs/{run['id']}/cancel")

    assert (status, cancelled["status"]) == (200, "CANCELLED")
    assert cancelled["days"] == {"CANCELLED": 2}
    assert (await api.post(RUN, {"days_back": 2}))[0] == 202


async def test_a_run_that_is_being_stopped_leaves_its_place_to_the_next(
    api: ApiClient, database: Database
) -> None:
    """It was answered instead of a new one, and nobody ran the days."""
    _, run = await api.post(RUN, {"days_back": 2})
    await set_run(
        database, run["id"], status=RunStatus.RUNNING, worker="somebody", heartbeat_at=NOW
    )

    for _ in range(2):
        status, stopping = await api.post(f"/reports/runs/{run['id']}/cancel")
        assert (status, stopping["status"]) == (200, "RUNNING")

    first, other = await api.post(RUN, {"days_back": 2})
    second, same = await api.post(RUN, {"days_back": 2})
    assert (first, other["status"], other["id"] != run["id"]) == (202, "PENDING", True)
    assert (second, same["id"]) == (200, other["id"])


async def test_a_run_that_has_ended_is_not_cancelled(api: ApiClient, database: Database) -> None:
    _, run = await api.post(RUN)
    await set_run(database, run["id"], status=RunStatus.DONE)

    status, answer = await api.post(f"/reports/runs/{run['id']}/cancel")

    assert (status, answer["code"]) == (409, "run_ended")


async def test_only_the_days_that_did_not_come_through_are_retried(
    api: ApiClient, database: Database
) -> None:
    _, run = await api.post(RUN, {"days_back": 4, "academy": [1]})
    states = ("ERROR", "PUBLISHED", "HELD", "CANCELLED")
    await set_days(database, run["id"], *map(RunDayState, states))
    await set_run(database, run["id"], status=RunStatus.PARTIAL)

    status, again = await api.post(f"/reports/runs/{run['id']}/retry")
    _, detail = await api.get(f"/reports/runs/{again['id']}")

    assert (status, again["retry_of"], again["academies"]) == (202, run["id"], [1])
    days = [day["report_date"] for day in detail["days"]]
    assert days == ["2026-03-07", "2026-03-09", "2026-03-10"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(RunStatus.RUNNING, "run_active"), (RunStatus.DONE, "nothing_to_retry")],
)
async def test_retrying_a_run_with_nothing_to_retry_is_refused(
    api: ApiClient, database: Database, status: RunStatus, code: str
) -> None:
    _, run = await api.post(RUN)
    await set_days(database, run["id"], RunDayState.PUBLISHED)
    await set_run(database, run["id"], status=status)

    answered, answer = await api.post(f"/reports/runs/{run['id']}/retry")

    assert (answered, answer["code"]) == (409, code)


async def test_a_plan_says_what_would_be_read_and_runs_nothing(
    api: ApiClient, database: Database
) -> None:
    await put_activity(api.app.state.sources, [event(1, NOW - timedelta(days=1))])

    status, answer = await api.post("/reports/churn/plan", {"days_back": 3})

    assert (status, answer["scans"], len(answer["days"])) == (200, 1, 3)
    assert answer["bytes_processed"] > 0
    assert await queued_jobs(database) == []
