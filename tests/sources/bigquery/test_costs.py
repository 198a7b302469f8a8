"""The bytes of a day are counted once, and never exceeded."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.kit.db.engine import Database
from app.sources.warehouse import budget
from app.sources.warehouse.bigquery.access import Address
from app.sources.warehouse.budget import BudgetSpent
from tests.sources.bigquery.recorded_answers import (
    dry_run,
    job,
    job_made,
    no_rows,
    refusal,
)
from tests.sources.bigquery.warehouse_factory import WarehouseFactory, question

NOWHERE = Address(project="shop", dataset="academy")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def reserve(
    database: Database, name: str, expected: int, *, most: int = 100, now: datetime = NOON
) -> bool:
    async with database.transaction() as session:
        return await budget.reserve(session, name, expected, most=most, now=now)


async def test_of_eight_at_once_as_many_pass_as_fit(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(reserve(database, f"job {n}", 30) for n in range(8)), return_exceptions=True
    )

    assert sum(isinstance(outcome, BudgetSpent) for outcome in outcomes) == 5
    assert outcomes.count(False) == 3


async def test_a_job_is_counted_once(database: Database) -> None:
    first = await reserve(database, "job", 60)
    second = await reserve(database, "job", 60)

    assert (first, second) == (False, False)
    assert not await reserve(database, "another", 40)


async def test_a_settled_job_counts_what_it_billed(database: Database) -> None:
    await reserve(database, "job", 100)
    async with database.transaction() as session:
        await budget.settle(session, "job", 10)

    assert await reserve(database, "job", 100)
    assert not await reserve(database, "another", 90)
    with pytest.raises(BudgetSpent, match="100 of today's 100"):
        await reserve(database, "third", 1)


async def test_a_new_day_begins_with_nothing_spent(database: Database) -> None:
    await reserve(database, "job", 100)

    assert not await reserve(database, "next day", 100, now=NOON + timedelta(hours=12))


async def test_a_query_that_does_not_fit_makes_no_job(make_warehouse: WarehouseFactory) -> None:
    made = job_made(job(bytes_billed=700))
    make_warehouse.proxy.routes = [dry_run(600), made, no_rows()]
    warehouse = make_warehouse.at(NOWHERE, daily_bytes=1000)
    await warehouse.run(question(warehouse), lambda _: None)

    with pytest.raises(BudgetSpent, match="read 600 bytes, and 700 of today's 1,000"):
        await warehouse.run(question(warehouse), lambda _: None)

    assert len(make_warehouse.proxy.jobs) == 1


async def test_a_job_that_could_not_be_made_takes_nothing(make_warehouse: WarehouseFactory) -> None:
    refused = refusal(403, "quotaExceeded", "Quota exceeded")
    make_warehouse.proxy.routes = [dry_run(600), job_made(refused, 403)]
    warehouse = make_warehouse.at(NOWHERE, daily_bytes=1000)

    for _ in range(2):
        with pytest.raises(Exception, match="A quota"):
            await warehouse.run(question(warehouse), lambda _: None)


def test_money_follows_the_price() -> None:
    assert budget.money(3 << 40, 6.25) == "$18.75"
    assert budget.money(10 << 20, 6.25) == "$0.00"
