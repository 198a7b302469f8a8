"""What follows a publication is owed until it is done, whoever left it undone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession
from typing_extensions import override

from app.hooks import HOOKS
from app.kit.clock import Clock
from app.kit.db.engine import Database
from app.runs.execution.creation import request_run, see_through
from app.runs.execution.scheduler import wake
from app.runs.execution.worker import run_worker
from app.runs.hooks import Debt, PublicationHook, follow_all
from app.runs.models import RunStatus
from app.settings import Settings
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.churn_alerts import alerts
from tests.support.churn_alerts import critical_learner as away
from tests.support.published_days import DAY, PUBLISHED_AT, publish
from tests.support.report_runs import (
    ASKER,
    event,
    put,
    put_activity,
    sources_of,
    subscription,
    worker_context,
)
from tests.support.run_records import run_request


@dataclass
class Failing(PublicationHook):
    """A hook that always owes something and can never do it."""

    name = "failing"
    tries: int = 0

    @override
    async def owed(self, session: AsyncSession) -> Sequence[Debt]:
        return [Debt(report_type="churn", days=1, since=PUBLISHED_AT)]

    @override
    async def follow(self, sources: Sources, report_type: str, clock: Clock) -> None:
        self.tries += 1
        raise RuntimeError(report_type)


def at_two() -> datetime:
    """The morning after the published day."""
    return datetime.combine(DAY + timedelta(days=1), time(2), UTC)


async def owed(database: Database) -> Sequence[Debt]:
    """What the service has still to do."""
    async with database.transaction() as session:
        return [debt for hook in HOOKS for debt in await hook.owed(session)]


async def test_owed_work_tells_its_days_and_its_start(database: Database) -> None:
    nothing = await owed(database)
    await publish(database, away(1), away(2, academy_id=2))

    assert nothing == []
    assert await owed(database) == [Debt(report_type="churn", days=2, since=PUBLISHED_AT)]


async def test_an_idle_worker_does_owed_work(database: Database, tmp_path: Path) -> None:
    await publish(database, away(1))
    sources, stop = sources_of(database, tmp_path), asyncio.Event()
    settings = Settings(home=tmp_path, heartbeat_seconds=0.2)
    working = asyncio.create_task(run_worker(sources, settings, stop, clock=at_two, hooks=HOOKS))

    async with asyncio.timeout(30):
        while await owed(database):  # noqa: ASYNC110 - of the worker
            await asyncio.sleep(0.02)
    stop.set()
    await working

    assert [alert.user_id for alert in await alerts(database)] == [1]


async def test_a_wake_does_owed_work(database: Database, tmp_path: Path) -> None:
    await publish(database, away(1))

    await wake(sources_of(database, tmp_path), at_two, Settings(home=tmp_path), HOOKS)

    assert await owed(database) == []
    assert [alert.user_id for alert in await alerts(database)] == [1]


async def test_a_hook_that_fails_keeps_no_other_from_its_work(
    database: Database, tmp_path: Path
) -> None:
    await publish(database, away(1))

    is_done = await follow_all((Failing(), *HOOKS), sources_of(database, tmp_path), at_two)

    assert not is_done
    assert await owed(database) == []


async def test_a_run_whose_hook_fails_is_done_and_asks_it_again(
    database: Database, tmp_path: Path
) -> None:
    sources, failing = sources_of(database, tmp_path), Failing()
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    day = date(2026, 3, 1)
    await put_activity(sources, [event(1, datetime.combine(day, time(12), UTC))])
    workshop = worker_context(sources, hooks=(failing,))
    run, _ = await request_run(run_request(day_from=day, day_to=day), ASKER, workshop)

    outcome = await see_through(run.id, workshop)

    assert (outcome.run.status, outcome.newest) == (RunStatus.DONE, day)
    assert failing.tries == 2, "after the day, and before the run's end"
