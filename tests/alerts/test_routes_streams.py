"""The stream of all alerts of a filter as CSV or NDJSON, and the total of a list."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from app.access.scopes import Scope
from app.alerts.api.responses import AlertItem
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


async def five_alerts(database: Database, _: Path) -> None:
    """Four learners with an alert each; one of them, in academy 2, has a second one."""
    twice = {"subscription_status": "PAYMENT_ISSUE", "has_payment_issues": True, "academy_id": 2}
    await publish_and_evaluate(
        database,
        risk(user_id=1),
        learner_with_failed_payment(2),
        learner_with_failed_payment(3),
        critical_learner(4, **twice),
    )
    async with database.transaction() as session:
        session.add(User(id=1, email="=cmd()", full_name='a "b", c'))


database = copied_database(five_alerts)


@pytest.fixture
async def asking(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose key may read and write alerts."""
    async with open_client(service(database, tmp_path), await token(database, *BOTH)) as asked:
        yield asked


async def named(database: Database) -> dict[str, str]:
    """Return the header of a key that may read names."""
    return {"Authorization": f"Bearer {await token(database, *BOTH, Scope.PEOPLE_READ)}"}


async def lines_of(
    asking: httpx.AsyncClient, query: str = "", **headers: str
) -> list[dict[str, object]]:
    """Stream all alerts as NDJSON; return its lines, including the last one with the count."""
    answer = await asking.get(f"/alerts?format=ndjson{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.text.splitlines()]


async def cells_of(asking: httpx.AsyncClient, **headers: str) -> list[dict[str, str]]:
    """Stream all alerts as CSV; return the cells of its rows."""
    text = (await asking.get("/alerts?format=csv", headers=headers)).text
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("query", ["", "&group=user", "&severity=HIGH", "&user=4&academy=2"])
async def test_ndjson_streams_the_whole_list_and_ends_with_its_count(
    asking: httpx.AsyncClient, database: Database, query: str
) -> None:
    mine = await named(database)

    *items, last = await lines_of(asking, f"&limit=1{query}", **mine)

    listed = (await asking.get(f"/alerts?limit=1000{query}", headers=mine)).json()["items"]
    assert list(map(AlertItem.model_validate, items)) == list(map(AlertItem.model_validate, listed))
    assert [list(item) for item in items] == [list(AlertItem.model_fields)] * len(listed)
    assert last == {"rows": len(listed)}


@pytest.mark.parametrize(
    ("kind", "begins"), [("application/x-ndjson", '{"id":'), ("text/csv", "id,report_type,")]
)
async def test_the_accept_header_selects_the_format(
    asking: httpx.AsyncClient, kind: str, begins: str
) -> None:
    answer = await asking.get("/alerts", headers={"Accept": kind})

    assert answer.text.startswith(begins)
    assert answer.headers["content-type"].startswith(kind)


async def test_csv_escapes_cells_that_a_spreadsheet_would_execute(
    asking: httpx.AsyncClient, database: Database
) -> None:
    alert = (await asking.get("/alerts?user=1")).json()["items"][0]
    await asking.patch(f"/alerts/{alert['id']}", json={"assignee": "+1\n-2"})

    rows = await cells_of(asking, **await named(database))

    (row,) = [cells for cells in rows if cells["user_id"] == "1"]

    assert (row["email"], row["full_name"]) == ("'=cmd()", 'a "b", c')
    assert (row["assignee"], row["reason"]) == ("'+1\n-2", "not seen for 7 days")
    assert orjson.loads(row["metrics_snapshot"]) == alert["metrics_snapshot"]
    assert (row["action"], row["current_score"]) == ("", "60")


async def test_names_are_streamed_to_keys_with_people_read(asking: httpx.AsyncClient) -> None:
    *items, _ = await lines_of(asking)
    rows = await cells_of(asking)

    assert {(item["email"], item["full_name"]) for item in items} == {(None, None)}
    assert {(row["email"], row["full_name"]) for row in rows} == {("", "")}


@pytest.mark.parametrize("format_", ["ndjson", "csv"])
async def test_a_limited_key_streams_its_own_academies(
    asking: httpx.AsyncClient, database: Database, format_: str
) -> None:
    key = await token(database, Scope.ALERTS_READ, academies=frozenset({1}))
    mine = {"Authorization": f"Bearer {key}"}

    own = await asking.get(f"/alerts?format={format_}", headers=mine)
    other = await asking.get(f"/alerts?format={format_}&academy=2", headers=mine)

    assert len(own.text.splitlines()) == 3 + 1
    assert (other.status_code, other.json()["code"]) == (404, "unknown_academy")


@pytest.mark.parametrize("assignee", ["a\n'; SELECT 1; --", "$1 :now", "\\'", "%s {output}"])
async def test_filter_values_are_never_executed_as_sql(
    asking: httpx.AsyncClient, assignee: str
) -> None:
    alert = (await asking.get("/alerts?user=2")).json()["items"][0]
    await asking.patch(f"/alerts/{alert['id']}", json={"assignee": assignee})

    answer = await asking.get("/alerts", params={"format": "ndjson", "assignee": assignee})

    item, last = [orjson.loads(line) for line in answer.text.splitlines()]
    assert (item["id"], item["assignee"], last) == (alert["id"], assignee, {"rows": 1})


@pytest.mark.parametrize(
    ("query", "total"), [("", 5), ("&group=user", 4), ("&severity=HIGH", 1), ("&user=9", 0)]
)
async def test_a_list_with_count_has_the_total(
    asking: httpx.AsyncClient, query: str, total: int
) -> None:
    counted = await asking.get(f"/alerts?limit=1&count=true{query}")
    silent = await asking.get(f"/alerts?limit=1{query}")

    assert (counted.json()["total"], counted.headers["x-total-count"]) == (total, str(total))
    assert silent.json()["total"] is None


@pytest.mark.parametrize("alerts", [1, 40])
async def test_a_page_takes_four_statements_however_many_alerts_it_has(
    asking: httpx.AsyncClient, database: Database, statements: list[str], alerts: int
) -> None:
    await publish_and_evaluate(
        database,
        *(
            learner_with_failed_payment(user, academy_id=1 + user % 3)
            for user in range(1, alerts + 1)
        ),
    )
    await asking.get("/me")
    statements.clear()

    await asking.get("/alerts?count=true&limit=100")

    assert len([sql for sql in statements if not sql.startswith("SET LOCAL")]) == 4


async def test_an_empty_list_can_be_streamed(asking: httpx.AsyncClient) -> None:
    table = await asking.get("/alerts?format=csv&user=9")

    assert await lines_of(asking, "&user=9") == [{"rows": 0}]
    assert table.text == ",".join(AlertItem.model_fields) + "\n"


async def test_a_stream_with_a_cursor_is_refused(asking: httpx.AsyncClient) -> None:
    cursor = (await asking.get("/alerts?limit=1")).json()["next_cursor"]

    answer = await asking.get(f"/alerts?format=csv&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_stream_with_a_valid_etag_is_304(asking: httpx.AsyncClient) -> None:
    etag = (await asking.get("/alerts?format=csv")).headers["etag"]
    known = {"If-None-Match": etag}

    same = await asking.get("/alerts?format=csv", headers=known)
    other = await asking.get("/alerts?format=ndjson", headers=known)
    alert = (await asking.get("/alerts")).json()["items"][0]
    await asking.patch(f"/alerts/{alert['id']}", json={"note": "called"})
    changed = await asking.get("/alerts?format=csv", headers=known)

    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, changed.status_code) == (200, 200)
