"""The routes of alerts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.directory.models import User
from tests.support.churn_alerts import (
    critical_learner,
    learner_with_failed_payment,
    publish_and_evaluate,
)
from tests.support.database_copies import copied_database
from tests.support.http_client import open_client, service, token
from tests.support.published_days import risk

BOTH = (Scope.ALERTS_READ, Scope.ALERTS_WRITE)


async def three_alerts(database: Database, _: Path) -> None:
    """Three learners with an alert each, one of them in academy 2."""
    await publish_and_evaluate(
        database, risk(user_id=1), learner_with_failed_payment(2), critical_learner(3, academy_id=2)
    )
    async with database.transaction() as session:
        session.add(User(id=2, email="two@example.com", full_name="Two"))


database = copied_database(three_alerts)


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key may read and write alerts."""
    key = await token(database, *BOTH)
    async with open_client(service(database, tmp_path), key) as asked:
        yield asked


async def first_of(asking: httpx.AsyncClient, **query: str) -> dict[str, object]:
    answer = await asking.get("/alerts", params=query)
    found: dict[str, object] = answer.json()["items"][0]
    return found


async def test_the_list_is_severest_first_with_reasons(asking: httpx.AsyncClient) -> None:
    answer = await asking.get("/alerts", params={"count": "true"})

    page = answer.json()
    assert [item["severity"] for item in page["items"]] == ["CRITICAL", "CRITICAL", "HIGH"]
    assert "a payment failed" in [item["reason"] for item in page["items"]]
    assert page["by_severity"]["CRITICAL"] == {"alerts": 2, "learners": 2}
    assert [day["academy_id"] for day in page["days"]] == [1, 2]


async def test_the_next_page_begins_after_the_cursor(asking: httpx.AsyncClient) -> None:
    first = (await asking.get("/alerts", params={"limit": 2})).json()
    second = (
        await asking.get("/alerts", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()

    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert len(set(ids)) == 3
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["nonsense", "e30"])
async def test_an_invalid_cursor_is_refused(asking: httpx.AsyncClient, cursor: str) -> None:
    answer = await asking.get("/alerts", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_names_are_shown_to_keys_with_people_read(
    asking: httpx.AsyncClient, database: Database
) -> None:
    named = {"Authorization": f"Bearer {await token(database, *BOTH, Scope.PEOPLE_READ)}"}

    shown = (await asking.get("/alerts", params={"user": 2}, headers=named)).json()["items"][0]

    assert (shown["full_name"], shown["email"]) == ("Two", "two@example.com")
    hidden = await first_of(asking, user="2")
    assert (hidden["full_name"], hidden["email"]) == (None, None)


async def test_one_alert_has_its_history_and_scores(asking: httpx.AsyncClient) -> None:
    alert = await first_of(asking, academy="2")

    answer = await asking.get(f"/alerts/{alert['id']}")

    detail = answer.json()
    assert [entry["what"] for entry in detail["history"]] == ["OPENED"]
    assert [day["score"] for day in detail["scores"]] == [80.0]
    assert answer.headers["ETag"].startswith('"1-')


async def test_an_alert_is_resolved_by_hand_with_an_action(asking: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first_of(asking))['id']}"
    done = {"status": "RESOLVED", "action": "CONTACTED", "action_taken": "called", "actor": "ana"}

    answer = await asking.patch(path, json=done, headers={"If-Match": '"1"'})

    detail = answer.json()
    assert (detail["status"], detail["resolution"]) == ("RESOLVED", "MANUAL")
    assert (detail["action"], detail["action_taken"]) == ("CONTACTED", "called")
    assert detail["history"][-1]["who"] == "ana"
    assert answer.headers["ETag"].startswith('"2-')


async def test_a_patch_executes_several_commands(asking: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first_of(asking))['id']}"
    later = "2030-01-01T00:00:00Z"

    answer = await asking.patch(
        path, json={"status": "ACKNOWLEDGED", "assignee": "bo", "snoozed_until": later, "note": "n"}
    )

    whats = [entry["what"] for entry in answer.json()["history"]]
    assert whats == ["OPENED", "ASSIGNED", "NOTED", "ACKNOWLEDGED", "SNOOZED"]
    assert (await asking.get("/alerts", params={"assignee": "bo"})).json()["items"] == []


async def test_an_illegal_command_is_409_and_names_the_legal_ones(
    asking: httpx.AsyncClient,
) -> None:
    path = f"/alerts/{(await first_of(asking))['id']}"

    answer = await asking.patch(path, json={"status": "OPEN"})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "illegal_transition")
    assert "acknowledged, snoozed, resolved" in problem["detail"]
    assert problem["errors"] == []


async def test_of_two_patches_at_once_one_is_412(asking: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first_of(asking))['id']}"

    answers = await asyncio.gather(
        *(
            asking.patch(path, json={"note": who}, headers={"If-Match": '"1"'})
            for who in ("ana", "bo")
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    history = (await asking.get(path)).json()["history"]
    assert [entry["what"] for entry in history] == ["OPENED", "NOTED"]


async def test_a_bulk_request_resolves_all_alerts_or_none(asking: httpx.AsyncClient) -> None:
    items = (await asking.get("/alerts")).json()["items"]
    named = [{"id": item["id"], "version": item["version"]} for item in items]

    refused = await asking.post("/alerts/resolve", json={"alerts": [*named, {"id": 999_999}]})
    done = await asking.post("/alerts/resolve", json={"alerts": named, "action": "NO_ACTION"})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (404, "/alerts/3")
    assert [item["version"] for item in done.json()["items"]] == [2, 2, 2]
    assert (await asking.get("/alerts")).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"actor": "ana"},
        {"action": "CONTACTED"},
        {"snoozed_until": "2020-01-01T00:00:00Z"},
        {"snoozed_until": "2030-01-01T00:00:00"},
        {"weather": "fine"},
    ],
)
async def test_an_invalid_patch_is_refused(asking: httpx.AsyncClient, body: dict[str, str]) -> None:
    path = f"/alerts/{(await first_of(asking))['id']}"

    assert (await asking.patch(path, json=body)).status_code == 422


async def test_a_limited_key_sees_and_changes_its_own_academies(
    asking: httpx.AsyncClient, database: Database
) -> None:
    other = (await first_of(asking, academy="2"))["id"]
    key = await token(database, *BOTH, academies=frozenset({1}))
    mine = {"Authorization": f"Bearer {key}"}

    listed = (await asking.get("/alerts", headers=mine)).json()
    seen = await asking.get(f"/alerts/{other}", headers=mine)
    changed = await asking.patch(f"/alerts/{other}", json={"note": "n"}, headers=mine)
    bulk = await asking.post("/alerts/resolve", json={"alerts": [{"id": other}]}, headers=mine)
    rules = await asking.put("/alert-rules", json={"reports": {}}, headers=mine)

    assert {item["academy_id"] for item in listed["items"]} == {1}
    assert [day["academy_id"] for day in listed["days"]] == [1]
    assert {seen.status_code, changed.status_code, bulk.status_code} == {404}
    assert rules.status_code == 403


async def test_the_stats_count_the_opened_alerts(asking: httpx.AsyncClient) -> None:
    stats = (await asking.get("/alerts/stats", params={"from": "2026-03-01"})).json()

    opened = {item["alert_type"]: item["opened"] for item in stats["items"]}
    assert opened["PAYMENT_RISK"] == 1
    assert opened["INACTIVITY"] == 2
    assert {item["origin"] for item in stats["items"]} == {"INITIAL"}


async def test_an_academys_rules_are_changed_and_shown(asking: httpx.AsyncClient) -> None:
    rule = {"threshold": 10, "needs_level": "CRITICAL"}
    body = {"academy": 1, "reports": {"churn": {"INACTIVITY": rule}}}

    answer = await asking.put("/alert-rules", json=body)

    changed = answer.json()["reports"]["churn"]["INACTIVITY"]
    assert (changed["threshold"], changed["version"]) == (10, 1)
    others = (await asking.get("/alert-rules", params={"academy": 2})).json()
    assert others["reports"]["churn"]["INACTIVITY"]["version"] == 0
