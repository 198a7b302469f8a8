"""Pages, caches and streams of the list of who is at risk."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from app.access.scopes import Scope
from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
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


@pytest.mark.parametrize(
    "sort", ["-score", "score", "renewal", "-mrr", "-inactivity", "-date", "user"]
)
async def test_pages_put_together_are_the_list(
    asking: httpx.AsyncClient, database: Database, sort: str
) -> None:
    await publish(
        database,
        *(
            risk(
                user_id=n,
                academy_id=1 + n % 2,
                churn_risk_score=float(n // 5 * 10),
                days_until_renewal=None if n % 3 == 0 else n % 4,
                mrr=None if n % 4 == 0 else float(n % 3),
            )
            for n in range(1, 24)
        ),
    )
    whole = await users_of(asking, f"/churn/risk?sort={sort}&limit=1000")

    paged: list[int] = []
    path: str | None = f"/churn/risk?sort={sort}&limit=4"
    while path is not None:
        answer = await asking.get(path)
        paged += [item["user_id"] for item in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")

    assert paged == whole
    assert len(set(whole)) == 23


async def first_cursor(asking: httpx.AsyncClient, filters: str = "") -> str:
    """Return the cursor after a page of one item."""
    cursor: str = (await asking.get(f"/churn/risk?limit=1{filters}")).json()["next_cursor"]
    return cursor


async def test_a_cursor_alone_carries_its_filters(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(
        database, *(risk(user_id=n) for n in (1, 2)), risk(user_id=3, churn_risk_score=1.0)
    )
    cursor = await first_cursor(asking, "&level=HIGH")

    assert await users_of(asking, f"/churn/risk?cursor={cursor}") == [2]


async def test_a_cursor_of_other_filters_is_refused(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), risk(user_id=2))
    cursor = await first_cursor(asking)

    answer = await asking.get(f"/churn/risk?level=HIGH&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_cursor_is_void_once_its_day_was_published_anew(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), risk(user_id=2))
    cursor = await first_cursor(asking)
    await publish(database, risk(), risk(user_id=2))

    answer = await asking.get(f"/churn/risk?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (409, "list_changed")


async def test_a_newer_day_does_not_disturb_who_pages_through_an_older_one(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, risk(), risk(user_id=2))
    cursor = await first_cursor(asking)
    await publish(database, risk(user_id=9, report_date=DAY + ONE_DAY))

    assert await users_of(asking, f"/churn/risk?cursor={cursor}") == [2]


@pytest.mark.parametrize("cursor", ["x", "e30", "%00", "é", "W10"])
async def test_what_is_no_cursor_is_refused(asking: httpx.AsyncClient, cursor: str) -> None:
    answer = await asking.get(f"/churn/risk?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_known_answer_is_not_read_again(
    asking: httpx.AsyncClient, database: Database, statements: list[str]
) -> None:
    await publish(database, risk())
    etag = (await asking.get("/churn/risk")).headers["etag"]
    statements.clear()

    answer = await asking.get("/churn/risk", headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert len(statements) == 1


@pytest.mark.parametrize("back", [0, 1, 7])
async def test_the_etag_changes_with_each_day_that_is_read(
    asking: httpx.AsyncClient, database: Database, back: int
) -> None:
    await publish(database, *(risk(report_date=DAY - n * ONE_DAY) for n in (0, 1, 7)))
    before = (await asking.get("/churn/risk")).headers["etag"]

    await publish(database, risk(report_date=DAY - back * ONE_DAY))

    assert (await asking.get("/churn/risk")).headers["etag"] != before


async def test_a_new_name_changes_the_etag_for_who_sees_names(
    database: Database, tmp_path: Path
) -> None:
    await publish(database, risk())
    scopes = (Scope.REPORTS_READ, Scope.PEOPLE_READ)
    async with open_client(service(database, tmp_path), await token(database, *scopes)) as asking:
        before = (await asking.get("/churn/risk")).headers["etag"]
        async with database.transaction() as session:
            session.add(User(id=1, email="ada@example.com"))

        assert (await asking.get("/churn/risk")).headers["etag"] != before


@pytest.mark.parametrize("rows", [1, 60])
async def test_a_page_takes_two_statements_however_many_rows_it_has(
    asking: httpx.AsyncClient, database: Database, statements: list[str], rows: int
) -> None:
    await publish(database, *(risk(user_id=n, academy_id=1 + n % 3) for n in range(rows)))
    await asking.get("/me")
    statements.clear()

    await asking.get("/churn/risk?limit=100&count=true&details=true")

    assert len(statements) == 2


async def test_ndjson_streams_the_whole_filter_and_ends_with_its_count(
    asking: httpx.AsyncClient, database: Database
) -> None:
    await publish(database, *(risk(user_id=n) for n in range(1, 80)))

    answer = await asking.get(
        "/churn/risk?level=HIGH&limit=3", headers={"Accept": "application/x-ndjson"}
    )

    *items, last = [orjson.loads(line) for line in answer.text.splitlines()]
    listed = (await asking.get("/churn/risk?limit=1000")).json()["items"]
    assert last == {"rows": 79}
    assert items == listed


async def test_csv_marks_cells_that_a_spreadsheet_would_compute(
    database: Database, tmp_path: Path
) -> None:
    await publish(database, risk(), risk(user_id=2, churn_risk_score=1.0))
    async with database.transaction() as session:
        session.add(User(id=1, email="=cmd()", full_name='a "b", c'))
    key = await token(database, Scope.REPORTS_READ, Scope.PEOPLE_READ)

    async with open_client(service(database, tmp_path), key) as asking:
        text = (await asking.get("/churn/risk?format=csv&details=true")).text

    first, second = csv.DictReader(io.StringIO(text))
    assert (first["email"], first["full_name"]) == ("'=cmd()", 'a "b", c')
    assert (second["email"], second["churn_risk_score"]) == ("", "1")
    assert orjson.loads(first["details"])["schema_version"] == 1


async def test_an_empty_list_can_be_streamed(asking: httpx.AsyncClient) -> None:
    lines = await asking.get("/churn/risk?format=ndjson")
    table = await asking.get("/churn/risk?format=csv")

    assert lines.text == '{"rows": 0}\n'
    assert table.text.startswith("report_date,academy_id,user_id,")


@pytest.mark.parametrize(
    "filters",
    [
        "nothing=1",
        "limit=0",
        "limit=1001",
        "date=2026-03-10&date_from=2026-03-01&date_to=2026-03-02",
        "date_from=2026-03-01",
        "date_from=2026-03-02&date_to=2026-03-01",
        "date_from=2024-03-02&date_to=2026-03-01",
        "date=1",
        "academy=0",
        "academy=99999999999999999999",
        "min_score=nan",
        "level=WORST",
        "format=xml",
    ],
)
async def test_what_cannot_be_asked_is_refused(asking: httpx.AsyncClient, filters: str) -> None:
    answer = await asking.get(f"/churn/risk?{filters}")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
