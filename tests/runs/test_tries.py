"""A connection that is lost while a day is at work fails the try, and only then the day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.reports.churn.report import ChurnReport
from app.runs.contract import Fetched, Processed
from app.runs.execution import runner
from app.runs.execution.context import RunContext
from app.runs.execution.day_runner import MOST_DAY_TRIES, TryFailed
from app.runs.execution.lease import Superseded
from app.runs.ledger.tables import PreparedDay
from app.runs.models import Run, RunDayState
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    sources_of,
    subscription,
    worker_context,
)
from tests.support.run_polling import day_states
from tests.support.run_records import (
    claim_run,
    new_run,
    run_of_silent_worker,
    run_request,
)

DAYS = [date(2026, 3, 1), date(2026, 3, 2)]
END_ALL_SQL = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

END_OWN_SQL = "SELECT pg_terminate_backend(pg_backend_pid())"


async def one_subscriber(database: Database, home: Path) -> None:
    """A subscriber who was active on the first day."""
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    logins = [event(1, datetime.combine(DAYS[0], time(12), UTC))]
    await put_activity(sources_of(database, home), logins)


sources = copied_sources(one_subscriber)


class Unlucky(ChurnReport):
    """The report, while whose second day is computed the server ends every connection."""

    async def process_data(self, fetched: Fetched, day: date) -> Processed:
        processed = await super().process_data(fetched, day)
        if day == DAYS[-1]:
            async with self.sources.database.transaction() as session:
                await (await session.connection()).execute(text(END_ALL_SQL))
        return processed


class UnluckyWriter(ChurnReport):
    """The report, of whose second day the server ends the connection that writes it."""

    async def save_reports(self, session: AsyncSession, prepared: PreparedDay) -> None:
        if prepared.day == DAYS[-1]:
            await (await session.connection()).execute(text(END_OWN_SQL))
        await super().save_reports(session, prepared)


@pytest.fixture
async def run(sources: Sources) -> Run:
    return await new_run(sources.database, run_request(day_from=DAYS[0], day_to=DAYS[-1]))


@asynccontextmanager
async def job_of(run: Run, report: ChurnReport) -> AsyncIterator[RunContext]:
    """Claim the run for a report, whoever had it."""
    database = report.sources.database
    await run_of_silent_worker(database, run.id)
    async with database.connection() as connection:
        mine = await claim_run(database, run.id, backend_pid=connection.backend_pid)
        assert mine is not None
        workshop = worker_context(report.sources)
        yield RunContext(
            run=run, mine=mine, report=report, connection=connection, workshop=workshop
        )


@pytest.mark.parametrize("report", [Unlucky, UnluckyWriter])
async def test_the_day_is_tried_again_and_the_one_before_it_stays(
    sources: Sources, run: Run, report: type[ChurnReport]
) -> None:
    async with job_of(run, report(sources)) as job:
        with pytest.raises(TryFailed):
            await runner._fetch_and_run(job, DAYS)
    left = await day_states(sources.database, run.id)

    async with job_of(run, ChurnReport(sources)) as job:
        await runner._fetch_and_run(job, DAYS[-1:])

    assert left == {DAYS[0]: RunDayState.PUBLISHED, DAYS[-1]: RunDayState.PENDING}
    assert set((await day_states(sources.database, run.id)).values()) == {RunDayState.PUBLISHED}


async def test_a_day_that_never_keeps_its_connection_has_failed(sources: Sources, run: Run) -> None:
    for _ in range(MOST_DAY_TRIES - 1):
        async with job_of(run, Unlucky(sources)) as job:
            with pytest.raises(TryFailed):
                await runner._fetch_and_run(job, DAYS[-1:])

    async with job_of(run, Unlucky(sources)) as job:
        await runner._fetch_and_run(job, DAYS[-1:])

    assert (await day_states(sources.database, run.id))[DAYS[-1]] is RunDayState.ERROR


async def test_a_takeover_counts_as_no_failed_try(sources: Sources, run: Run) -> None:
    """Who takes over ends the connection: that is no failure of the day."""
    async with job_of(run, Unlucky(sources)) as job, job_of(run, ChurnReport(sources)):
        with pytest.raises(Superseded):
            await runner._fetch_and_run(job, DAYS)

    found = await read_frame(sources.database, "SELECT max(failed_tries) FROM report_run_days")
    assert found.item() == 0
