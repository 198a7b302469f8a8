"""However the same days are run, and however their rows arrived, the same is left."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from app.demo.imports import fill
from app.demo.plan import SimulationPlan
from app.demo.simulation import simulate
from app.kit.days import days_between
from app.kit.db.engine import Database
from app.sources.imports import CheckedRows
from app.sources.sources import Sources
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.report_runs import (
    NOW,
    exported,
    run_days,
    sources_of,
)

pytestmark = pytest.mark.usefixtures("untraced")

LAST = date(2026, 5, 20)
PLAN = SimulationPlan(learners=150, days=30, seed=5, last_day=LAST, academies=3)
DAYS = [
    pytest.param(8, id="8 days"),
    pytest.param(60, id="60 days", marks=pytest.mark.prove),
]


async def filled(database: Database, home: Path, days: int) -> Sources:
    sources = sources_of(database, home)
    assert isinstance(sources.warehouse, Lake)
    plan = SimulationPlan(learners=150, days=days, seed=5, last_day=LAST, academies=3)
    await fill(plan, database=database, lake=sources.warehouse, now=NOW, told=lambda _: None)
    return sources


@pytest.mark.parametrize("count", DAYS)
async def test_one_run_many_runs_and_any_order_leave_the_same(
    database: Database, tmp_path: Path, count: int
) -> None:
    sources = await filled(database, tmp_path, count)
    first = LAST - timedelta(days=count - 1)
    days = list(days_between(first, LAST))
    await run_days(sources, first, LAST)
    at_once = await exported(sources, first, LAST)
    assert at_once["academy_id"].n_unique() == PLAN.academies

    for order in (days, random.Random(3).sample(days, count)):  # noqa: S311 - any order
        await forget(database)
        for day in order:
            await run_days(sources, day, day)
        assert_frame_equal(await exported(sources, first, LAST), at_once)

    await run_days(sources, first, LAST)
    assert_frame_equal(await exported(sources, first, LAST), at_once)


async def forget(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(
            "TRUNCATE churn_risk_reports, churn_day_summaries, report_days, report_runs CASCADE"
        )


async def test_a_run_for_one_academy_writes_what_a_run_for_all_would_have(
    database: Database, tmp_path: Path
) -> None:
    sources = await filled(database, tmp_path, 8)
    await run_days(sources, LAST - timedelta(days=2), LAST)
    everywhere = await exported(sources, LAST - timedelta(days=2), LAST)
    await forget(database)

    await run_days(sources, LAST - timedelta(days=2), LAST, academies=[3])

    found = await exported(sources, LAST - timedelta(days=2), LAST)
    assert_frame_equal(found, everywhere.filter(pl.col("academy_id") == 3))


async def test_shuffled_and_repeated_rows_leave_the_same(
    database: Database, tmp_path: Path
) -> None:
    sources = await filled(database, tmp_path, 8)
    await run_days(sources, LAST, LAST)
    once = await exported(sources, LAST, LAST)
    assert isinstance(sources.warehouse, Lake)
    plan = SimulationPlan(learners=150, days=8, seed=5, last_day=LAST, academies=3)

    with simulate(plan) as simulation:
        rows = CheckedRows(shuffled_twice(simulation.activity()), name="activity")
        imported = await sources.warehouse.import_activity(rows)
    await run_days(sources, LAST, LAST)

    assert imported.inserted == 0
    assert_frame_equal(await exported(sources, LAST, LAST), once)


def shuffled_twice(batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    rows = pl.DataFrame(batches.read_all())
    for seed in (1, 2):
        table = rows.sample(fraction=1, shuffle=True, seed=seed).to_arrow()
        yield from table.cast(batches.schema).to_batches()
