"""Lists and streams are of one publication, and find their rows by index."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import ONE_DAY
from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.db.partitions import ensure_months
from app.published.list_spec import page_statement
from app.published.requests import DaysQuery
from app.published.snapshot import find_snapshot
from app.reports.churn.api.requests import RiskQuery
from app.reports.churn.list_spec import RISKS
from tests.support.http_client import open_client, service, token
from tests.support.published_days import (
    DAY,
    Row,
    publish,
    replace_day,
    risk,
)

ROWS = 400
MANY = 100_000
MADE_UP = {
    "user_id": "1 + generate_series(1, 5000)",
    "churn_risk_score": "round((random() * 100)::numeric, 2)",
    "risk_level": "'LOW'",
}


def scored(score: float) -> list[Row]:
    """Return a day whose rows all have one score, so that a mixture shows."""
    return [risk(user_id=n, churn_risk_score=score) for n in range(1, ROWS + 1)]


async def replace_again_and_again(database: Database, done: asyncio.Event) -> None:
    """Publish the day with another score each time, until told to stop."""
    score = 1.0
    while not done.is_set():
        await publish(database, *scored(score))
        score = score % 90 + 1


async def pages(asking: httpx.AsyncClient) -> list[float]:
    """Read the list to its end; begin again when it changed."""
    scores: list[float] = []
    path: str | None = "/churn/risk?limit=150"
    while path is not None:
        answer = await asking.get(path)
        if answer.status_code == 409:
            path, scores = "/churn/risk?limit=150", []
            continue
        scores += [item["churn_risk_score"] for item in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    return scores


async def stream(asking: httpx.AsyncClient) -> list[float]:
    """Read the stream to its end."""
    lines = (await asking.get("/churn/risk?format=ndjson")).text.splitlines()
    return [orjson.loads(line)["churn_risk_score"] for line in lines[:-1]]


@pytest.mark.parametrize("read", [pages, stream])
async def test_what_is_read_while_the_day_is_replaced_is_never_a_mixture(
    database: Database, tmp_path: Path, read: Callable[[httpx.AsyncClient], Awaitable[list[float]]]
) -> None:
    await publish(database, *scored(50.0))
    done = asyncio.Event()
    async with open_client(service(database, tmp_path), await token(database)) as asking:
        replacing = asyncio.create_task(replace_again_and_again(database, done))
        found = [await read(asking) for _ in range(10)]
        done.set()
        await replacing

    assert {len(scores) for scores in found} == {ROWS}
    assert {len(set(scores)) for scores in found} == {1}


async def replace_many(database: Database, score: float) -> None:
    """Publish a day of 100,000 rows with one score, in one transaction."""
    async with database.transaction() as session:
        await replace_day(session, DAY, 1, [risk(churn_risk_score=score)], {"rows": MANY})
        await multiply(session, {"user_id": f"generate_series(2, {MANY})"})


@pytest.mark.prove
@pytest.mark.parametrize("read", [pages, stream])
async def test_what_is_read_of_a_large_day_while_it_is_replaced_is_never_a_mixture(
    database: Database, tmp_path: Path, read: Callable[[httpx.AsyncClient], Awaitable[list[float]]]
) -> None:
    await publish(database, risk())
    await replace_many(database, 1.0)
    found = []
    async with open_client(service(database, tmp_path), await token(database)) as asking:
        for score in (2.0, 3.0, 4.0, 5.0):
            replacing = asyncio.create_task(replace_many(database, score))
            found.append(await read(asking))
            await replacing

    assert {len(scores) for scores in found} == {MANY}
    assert {len(set(scores)) for scores in found} == {1}


async def multiply(session: AsyncSession, values: Mapping[str, str]) -> None:
    """Add a row for each of the table's rows and each row of the values, which are SQL."""
    connection = await session.connection()
    kept = await connection.execute(
        text(
            "SELECT string_agg(column_name, ', ') FROM information_schema.columns"
            " WHERE table_name = 'churn_risk_reports' AND column_name <> ALL(:own)"
        ),
        {"own": list(values)},
    )
    rest = kept.scalar_one()
    await connection.execute(
        text(
            f"INSERT INTO churn_risk_reports ({', '.join(values)}, {rest})"  # noqa: S608
            f" SELECT {', '.join(values.values())}, {rest} FROM churn_risk_reports"
        )
    )


async def fill(database: Database) -> None:
    """Publish two days of two academies with many rows, and what the planner must know of them."""
    await ensure_months(database, "churn_risk_reports", [DAY, DAY - 40 * ONE_DAY])
    days = (DAY, DAY - ONE_DAY, DAY - 40 * ONE_DAY)
    await publish(
        database, *(risk(report_date=d, academy_id=a, user_id=1) for d in days for a in (1, 2))
    )
    async with database.transaction() as session:
        await multiply(session, MADE_UP)
        connection = await session.connection()
        await connection.execute(text("ANALYZE churn_risk_reports"))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "academy_id_report_date"),
        ({"academy": [1], "level": ["CRITICAL"]}, "academy_id_report_date"),
        ({"user": 77}, "pkey"),
        ({"sort": "score"}, "academy_id_report_date"),
    ],
)
async def test_pages_are_read_by_index_from_the_months_asked_for(
    database: Database, query: dict[str, object], index: str
) -> None:
    await fill(database)
    asked = RiskQuery.model_validate(query)
    rows = database.reader.rows
    days = await find_snapshot(rows, RISKS.snapshot, asked, asked.academy or None)
    page = page_statement(RISKS, asked, days, None, people=False)
    explain = Statement(sql=f"EXPLAIN (ANALYZE, COSTS OFF) {page.sql}", params=page.params)
    plan = "\n".join(line for (line,) in await rows(explain))

    assert "Seq Scan on churn_risk_reports" not in plan
    assert "churn_risk_reports_202601" not in plan
    assert index in plan


async def test_the_newest_days_are_found_without_reading_the_whole_ledger(
    database: Database,
) -> None:
    await fill(database)
    found = await find_snapshot(database.reader.rows, RISKS.snapshot, DaysQuery(), None)

    assert (found.academies, found.dates) == ([1, 2], [DAY, DAY])
