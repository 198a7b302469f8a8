"""While the warehouse takes long to say who was active, nobody waits for a wake that asks it."""

import asyncio
from pathlib import Path

import pytest

from app.kit.db.engine import Database
from app.runs.ledger.due_days import ask_due
from app.sources.sources import Sources
from app.sources.warehouse.contract import BatchSink, Query, Usage
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.database_copies import copied_database
from tests.support.held_day import LATER, held_since_this_morning, volume_questions
from tests.support.locks import idle_transactions
from tests.support.outage import LOST, logins
from tests.support.report_runs import put_activity, sources_of, worker_context
from tests.support.run_records import new_run, run_request

WAITED_SECONDS = 60


class SlowLake(Lake):
    """A lake that answers when it is let go."""

    def __init__(self, home: Path, database: Database) -> None:
        super().__init__(home, database, memory="256MB", threads=1)
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def run(self, query: Query, sink: BatchSink) -> Usage:
        self.is_asked.set()
        await self.may_answer.wait()
        return await super().run(query, sink)


async def repaired(database: Database, home: Path) -> Sources:
    """A day that was held this morning, and whose events have come since."""
    sources = await held_since_this_morning(database, home)
    await put_activity(sources, logins(1, LOST[:1]))
    return sources


database = copied_database(repaired)


@pytest.fixture
def lake(database: Database, tmp_path: Path) -> SlowLake:
    return SlowLake(tmp_path, database)


@pytest.fixture
def sources(lake: SlowLake, database: Database, tmp_path: Path) -> Sources:
    plain = sources_of(database, tmp_path)
    return Sources(database=database, warehouse=lake, zone=plain.zone, spool=plain.spool)


async def test_another_wake_has_nothing_to_do_and_no_transaction_is_open(
    sources: Sources, lake: SlowLake
) -> None:
    workshop = worker_context(sources, clock=lambda: LATER)
    first = asyncio.create_task(ask_due("churn", workshop))
    async with asyncio.timeout(WAITED_SECONDS):
        await lake.is_asked.wait()

        assert await idle_transactions(sources.database) == 0
        assert await ask_due("churn", workshop) is None

    lake.may_answer.set()
    run = await first
    assert run is not None
    assert (run.day_from, run.day_to) == (LOST[0], LOST[0])
    assert [asked.released for asked in await volume_questions(sources)] == [[LOST[0]]]


async def test_a_day_that_somebody_runs_meanwhile_is_left_to_them(
    sources: Sources, lake: SlowLake
) -> None:
    client = asyncio.create_task(ask_due("churn", worker_context(sources, clock=lambda: LATER)))
    async with asyncio.timeout(WAITED_SECONDS):
        await lake.is_asked.wait()
    await new_run(sources.database, run_request(day_from=LOST[0], day_to=LOST[0]))

    lake.may_answer.set()

    assert await client is None
