"""A chunk of days whose source fails at the very end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path

from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.reports.churn.report import ChurnReport, Features
from app.runs.contract import Academies
from app.runs.execution import runner
from app.runs.execution.context import RunContext
from app.runs.models import RunDayState
from app.sources.imports.import_file import FileKind
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    sources_of,
    subscription,
    worker_context,
)
from tests.support.run_polling import day_states
from tests.support.run_records import claim_run, new_run, run_request

DAYS = [date(2026, 3, 1), date(2026, 3, 2)]


class Leaky(ChurnReport):
    """The report, whose passing files cannot be removed."""

    @asynccontextmanager
    async def fetch_data(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AsyncIterator[Features]:
        async with super().fetch_data(days, academies, labels) as fetched:
            yield fetched
        raise SourceDown("the folder cannot be removed")


async def test_days_that_are_through_stay_through(database: Database, tmp_path: Path) -> None:
    sources = sources_of(database, tmp_path)
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    await put_activity(sources, [event(1, datetime.combine(DAYS[0], time(12), UTC))])
    run = await new_run(database, run_request(day_from=DAYS[0], day_to=DAYS[-1]))
    async with database.connection() as connection:
        mine = await claim_run(database, run.id, backend_pid=connection.backend_pid)
        assert mine is not None
        job = RunContext(
            run=run,
            mine=mine,
            report=Leaky(sources),
            connection=connection,
            workshop=worker_context(sources),
        )

        await runner._fetch_and_run(job, DAYS)

    assert await day_states(database, run.id) == dict.fromkeys(DAYS, RunDayState.PUBLISHED)
