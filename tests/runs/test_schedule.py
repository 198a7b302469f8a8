import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.kit.errors import Unusable
from app.reports.churn.report import ChurnReport
from app.runs.execution import scheduler
from app.runs.execution.maintenance import keep_house
from app.runs.execution.scheduler import CronSchedule, at_work
from app.runs.models import Run, RunStatus
from app.settings import Settings
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.reporting import NOW, event, put, put_activity, sources_of, subscription

SUNDAY = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MONTHS_SQL = text(
    "SELECT inhrelid::regclass::text FROM pg_inherits"
    " WHERE inhparent = 'churn_risk_reports'::regclass ORDER BY 1"
)


@pytest.mark.parametrize(
    ("expression", "then"),
    [
        ("0 2-12 * * *", "2026-03-02 02:00"),
        ("30 3 * * 0", "2026-03-08 03:30"),
        ("30 3 * * 7", "2026-03-08 03:30"),
        ("30 3 * * 1", "2026-03-02 03:30"),
        ("30 3 * * 2-4", "2026-03-03 03:30"),
        ("30 3 * * fri,sat", "2026-03-06 03:30"),
        ("30 3 * * */3", "2026-03-04 03:30"),
        ("30 3 13 * 1", "2026-03-02 03:30"),
        ("30 12 * * *", "2026-03-01 12:30"),
    ],
)
def test_a_schedule_is_read_as_cron_reads_it(expression: str, then: str) -> None:
    found = CronSchedule(expression, ZoneInfo("UTC")).get_next_fire_time(None, SUNDAY)

    assert f"{found:%Y-%m-%d %H:%M}" == then


def test_a_schedule_is_of_its_time_zone() -> None:
    found = CronSchedule("0 2 * * *", ZoneInfo("Europe/Madrid")).get_next_fire_time(None, SUNDAY)

    assert found == datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression", ["", "0 2 * *", "0 0 2 * * *", "61 * * * *", "0 2 * * 8", "0 2 * * 5-1"]
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(Unusable, match="HEADSUP_SCHEDULE"):
        CronSchedule(expression, ZoneInfo("UTC"))


async def ended(sources: Sources) -> Run:
    """Wait until the one run there is has ended."""
    while True:
        async with sources.database.transaction() as session:
            run = (await session.exec(select(Run))).first()
        if run is not None and run.status is not RunStatus.PENDING and run.finished_at:
            return run
        await asyncio.sleep(0.05)


async def test_a_service_that_starts_makes_up_for_what_was_missed(
    database: Database, tmp_path: Path
) -> None:
    sources = sources_of(database, tmp_path)
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])
    await put_activity(sources, [event(1, utc_now() - timedelta(days=2))])
    settings = Settings(home=tmp_path, heartbeat_seconds=0.2)

    async with at_work(sources, settings, chores=(), hooks=()), asyncio.timeout(30):
        run = await ended(sources)

    assert (run.status, (run.day_to - run.day_from).days) == (RunStatus.DONE, 13)


async def test_what_fails_of_one_report_does_not_stop_the_others(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No report is named `broken`, so asking what is due of it raises an error."""
    known = {"broken": ChurnReport, "churn": ChurnReport}
    monkeypatch.setattr(scheduler, "reports", lambda: known)
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])

    await scheduler.wake(sources_of(database, tmp_path), lambda: NOW, Settings(home=tmp_path), ())

    async with database.transaction() as session:
        assert [run.report_type for run in await session.exec(select(Run))] == ["churn"]


async def test_the_house_is_kept(database: Database, tmp_path: Path) -> None:
    sources = sources_of(database, tmp_path)
    async with database.transaction() as session:
        connection = await session.connection()
        insert = "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint) VALUES"
        await connection.execute(text(f"{insert} ('2020-01-01', 1, 'queued', 0, 'run')"))
    later = utc_now() + timedelta(days=3)

    await keep_house(sources, Settings(home=tmp_path), lambda: later, [])

    async with database.transaction() as session:
        connection = await session.connection()
        assert await connection.scalar(text("SELECT count(*) FROM pgqueuer_log")) == 0


async def test_the_partitions_of_two_months_are_made_ahead(
    database: Database, tmp_path: Path
) -> None:
    chores: list[date] = []

    async def chore(_: Sources, now: datetime) -> None:
        chores.append(now.date())

    sources = sources_of(database, tmp_path)
    await keep_house(sources, Settings(home=tmp_path), lambda: NOW, [chore])

    async with database.transaction() as session:
        made = (await (await session.connection()).execute(MONTHS_SQL)).scalars().all()
    assert made == ["churn_risk_reports_202606", "churn_risk_reports_202607"]
    assert chores == [NOW.date()]
