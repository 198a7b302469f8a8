"""Runs are forgotten when they ended long ago; nothing that anybody reads goes with them."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.kit.db.engine import Database
from app.runs import store
from app.runs.execution import lease
from app.runs.execution.maintenance import keep_house
from app.runs.ledger import ledger
from app.runs.models import Origin, Run, RunDay, VolumeQuestion
from app.runs.monitoring.metrics import standing
from app.runs.store import Asker
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.warehouse.contract import Usage
from tests.support.published_days import DAY, publish, risk
from tests.support.report_runs import sources_of
from tests.support.run_records import (
    NOW,
    STALE_AFTER,
    claim_run,
    new_run,
    run_request,
)

KEPT = timedelta(days=30)
LONG_AFTER = NOW + KEPT + timedelta(minutes=1)


@pytest.fixture
def sources(database: Database, tmp_path: Path) -> Sources:
    """Sources in which there is nothing."""
    return sources_of(database, tmp_path)


async def kept(sources: Sources, now: datetime) -> set[UUID]:
    """Keep house; return the runs that are still there."""
    settings = Settings(home=sources.spool.parent, keep_runs_days=KEPT.days)
    await keep_house(sources, settings, lambda: now, [])
    async with sources.database.transaction() as session:
        return set((await session.exec(select(Run.id))).all())


async def ended(database: Database, run: Run) -> None:
    """Read some bytes for the run, and end it."""
    mine = await claim_run(database, run.id)
    assert mine is not None
    async with database.transaction() as session:
        await lease.add_usage(session, mine, Usage(rows=1, bytes_processed=5, bytes_billed=10))
        await lease.finish(session, mine, NOW, stopped=True)


async def test_runs_that_ended_long_ago_are_deleted_with_their_days(
    sources: Sources, database: Database
) -> None:
    run = await new_run(database)
    await ended(database, run)

    assert await kept(sources, NOW + KEPT) == {run.id}
    assert await kept(sources, LONG_AFTER) == set()
    async with database.transaction() as session:
        assert (await session.exec(select(RunDay))).all() == []


async def test_a_run_that_is_active_is_never_forgotten(
    sources: Sources, database: Database
) -> None:
    waiting = await new_run(database)
    at_work = await new_run(database, run_request(force=True))
    await claim_run(database, at_work.id)

    assert await kept(sources, LONG_AFTER) == {waiting.id, at_work.id}


async def test_a_retry_outlives_what_it_retries(sources: Sources, database: Database) -> None:
    first = await new_run(database)
    await ended(database, first)
    again, api = (
        run_request(force=True),
        Asker(origin=Origin.REQUEST, name="tester", retry_of=first.id),
    )
    async with database.transaction() as session:
        await store.insert_run(session, again, again.days, api, run=uuid4(), now=NOW)

    (left,) = await kept(sources, LONG_AFTER)

    async with database.transaction() as session:
        assert (await store.named(session, left)).retry_of is None


async def test_rows_published_by_a_deleted_run_stay(sources: Sources, database: Database) -> None:
    run = await new_run(database)
    await ended(database, run)
    await publish(database, risk(run_id=run.id), run_id=run.id)

    await kept(sources, LONG_AFTER)

    async with database.transaction() as session:
        row = await ledger.find_day(session, "churn", DAY, 1)
    assert row is not None
    assert (row.run_id, row.rows) == (run.id, 1)


async def test_bytes_of_deleted_runs_stay_counted(sources: Sources, database: Database) -> None:
    """A counter that falls looks to Prometheus as if it had begun again."""
    await ended(database, await new_run(database))

    await kept(sources, LONG_AFTER)

    async with database.transaction() as session:
        found = await standing(session, sources, NOW, stale_after=STALE_AFTER)
    assert found.spent["churn"] == (5, 10)


async def test_old_questions_for_volumes_are_forgotten(
    sources: Sources, database: Database
) -> None:
    for asked_at in (NOW, LONG_AFTER):
        question = VolumeQuestion(
            report_type="churn",
            asked_at=asked_at,
            days=[DAY],
            released=[],
            bytes_processed=1,
            bytes_billed=1,
        )
        async with database.transaction() as session:
            session.add(question)

    await kept(sources, LONG_AFTER)

    async with database.transaction() as session:
        left = (await session.exec(select(VolumeQuestion.asked_at))).all()
    assert left == [LONG_AFTER]
