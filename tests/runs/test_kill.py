"""Runs survive the processes that work on them; all of these are real."""

import asyncio
import os
import random
import signal
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.runs import store
from app.runs.models import RunDayState, RunStatus
from tests.support.report_runs import exported, run_days, sources_of
from tests.support.run_polling import (
    day_states,
    find_run,
    only_run,
    publications,
    published_days,
    queue_run,
    revisions,
    wait_for_days,
    wait_until_ended,
)
from tests.support.service_processes import services
from tests.support.simulated_academies import simulated_sources, yesterday

ACADEMIES = 2
LAST = yesterday()


async def undisturbed(database: Database, home: Path, days: int) -> pl.DataFrame:
    """Run the days in this process, and forget that they were run."""
    first = LAST - timedelta(days=days - 1)
    sources = await simulated_sources(database, home, days=days)
    await run_days(sources, first, LAST)
    rows = await exported(sources, first, LAST)
    async with database.transaction() as session:
        connection = await session.connection()
        for table in ("churn_risk_reports", "churn_day_summaries", "report_days", "report_runs"):
            await connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
    return rows


async def kill_at(database: Database, days: int, killings: int) -> None:
    """Run `days`, killing whoever works on them at random days, and see who finishes."""
    run = await queue_run(database, LAST - timedelta(days=days - 1), LAST)
    for at_day in sorted(random.sample(range(days - 1), killings)):
        worker = await wait_for_days(database, run.id, at_day)
        assert worker, "it had ended before it could be killed"
        os.kill(worker, signal.SIGKILL)
    found = await wait_until_ended(database, run.id)
    assert found.status is RunStatus.DONE
    assert len(await published_days(database, run.id)) == days


@pytest.mark.parametrize(
    ("days", "killings"), [(8, 2), pytest.param(30, 6, marks=pytest.mark.prove)]
)
async def test_a_run_whose_workers_are_killed_is_finished_by_another(
    database: Database, short_folder: Path, days: int, killings: int
) -> None:
    home = short_folder / uuid4().hex
    expected = await undisturbed(database, home, days)
    with services(database, home) as fleet:
        await fleet.workers(killings + 1)
        await kill_at(database, days, killings)

    rows = await exported(sources_of(database, home), LAST - timedelta(days=days - 1), LAST)
    assert_frame_equal(rows, expected)
    assert await publications(database) == {RunDayState.PUBLISHED: days * ACADEMIES}


async def test_a_worker_that_was_frozen_cannot_publish_over_the_one_that_took_over(
    database: Database, short_folder: Path
) -> None:
    home = short_folder / uuid4().hex
    await simulated_sources(database, home, days=12)
    with services(database, home) as fleet:
        [frozen] = await fleet.workers(1)
        run = await queue_run(database, LAST - timedelta(days=11), LAST)
        await wait_for_days(database, run.id, 1)
        frozen.send(signal.SIGSTOP)
        before = await find_run(database, run.id)
        assert before.status is RunStatus.RUNNING
        await fleet.workers(1)
        await wait_until_ended(database, run.id)
        published = await revisions(database)

        frozen.send(signal.SIGCONT)
        assert await asyncio.to_thread(frozen.stop) == 0

    assert await publications(database) == {RunDayState.PUBLISHED: 12 * ACADEMIES}
    assert await revisions(database) == published
    assert (await find_run(database, run.id)).attempt > before.attempt


async def test_a_worker_that_is_told_to_stop_ends_its_day_and_gives_the_rest_back(
    database: Database, short_folder: Path
) -> None:
    home = short_folder / uuid4().hex
    await simulated_sources(database, home, days=12)
    with services(database, home) as fleet:
        [worker] = await fleet.workers(1)
        run = await queue_run(database, LAST - timedelta(days=11), LAST)
        await wait_for_days(database, run.id, 1)

        assert await asyncio.to_thread(worker.stop) == 0

        left = await find_run(database, run.id)
        assert (left.status, left.worker) == (RunStatus.RUNNING, None)
        await fleet.workers(1)
        assert (await wait_until_ended(database, run.id)).status is RunStatus.DONE


async def test_a_run_that_is_cancelled_elsewhere_publishes_no_further_day(
    database: Database, short_folder: Path
) -> None:
    home = short_folder / uuid4().hex
    await simulated_sources(database, home, days=12)
    with services(database, home) as fleet:
        await fleet.workers(1)
        run = await queue_run(database, LAST - timedelta(days=11), LAST)
        await wait_for_days(database, run.id, 2)
        async with database.transaction() as session:
            await store.request_cancel(session, run.id, utc_now())
        published = await published_days(database, run.id)

        assert (await wait_until_ended(database, run.id)).status is RunStatus.CANCELLED

    found = await day_states(database, run.id)
    assert await published_days(database, run.id) == published
    assert set(found.values()) == {RunDayState.PUBLISHED, RunDayState.CANCELLED}


async def test_three_services_that_wake_at_once_make_one_run(
    database: Database, short_folder: Path
) -> None:
    home = short_folder / uuid4().hex
    await simulated_sources(database, home, days=30)
    with services(database, home) as fleet:
        await fleet.serving(3)
        run = await only_run(database)
        assert (await wait_until_ended(database, run.id)).status is RunStatus.DONE
        for service in fleet.started:
            await asyncio.to_thread(service.stop)
        assert all(service.events("worker.stopped") for service in fleet.started)

    assert (await only_run(database)).id == run.id
    assert await publications(database) == {RunDayState.PUBLISHED: 14 * ACADEMIES}
