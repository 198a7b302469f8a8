"""What is due, judged on ledgers of a few days."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import days_between
from app.kit.db.engine import Database
from app.reports.churn.report import ChurnReport
from app.runs.ledger.due_days import (
    DUE_DAYS,
    PAUSE,
    ask_due,
    due_days,
)
from app.runs.ledger.quality_gate import DayState
from app.runs.models import EVERY_ACADEMY, Origin, ReportDay, Run
from app.sources.imports.import_file import FileKind
from tests.support.report_runs import (
    NOW,
    put,
    sources_of,
    subscription,
    worker_context,
)
from tests.support.run_records import new_run, run_request

LAST = date(2026, 5, 31)
FIRST = LAST - timedelta(days=DUE_DAYS - 1)
TRIED = NOW - PAUSE - timedelta(minutes=1)
SCAN = [uuid4() for _ in range(40)]
COUNTS = [100] * 14


def ledger_day(day: date, **changes: object) -> ReportDay:
    """A day of academy 1 that was published by a run of its own."""
    values: dict[str, object] = {
        "report_type": "churn",
        "report_date": day,
        "academy_id": 1,
        "state": DayState.PUBLISHED,
        "revision": day.toordinal(),
        "run_id": SCAN[day.toordinal() % len(SCAN)],
        "active_by_day": COUNTS,
        "updated_at": TRIED,
        **changes,
    }
    return ReportDay(**values)  # type: ignore[arg-type]


async def keep(
    session: AsyncSession,
    *changed: ReportDay,
    without: date | None = None,
    counts: list[int] = COUNTS,
) -> None:
    """Write a ledger in which nothing is due but what is given."""
    days = days_between(FIRST - timedelta(days=DUE_DAYS), LAST)
    rows = {(day, 1): ledger_day(day, active_by_day=counts) for day in days}
    rows |= {(day, 0): ledger_day(day, academy_id=0, active_by_day=None) for day in days}
    rows |= {(row.report_date, row.academy_id): row for row in changed}
    session.add_all(row for (day, _), row in rows.items() if day != without)
    await session.flush()


async def due(session: AsyncSession, now: datetime = NOW) -> list[date]:
    return [found.day for found in await due_days(session, ChurnReport, LAST, now=now)]


def ago(days: int) -> date:
    return LAST - timedelta(days=days)


async def test_nothing_is_due_of_a_ledger_that_is_whole(session: AsyncSession) -> None:
    await keep(session)

    assert await due(session) == []


async def test_on_an_empty_ledger_fourteen_days_are_due(session: AsyncSession) -> None:
    assert await due(session) == list(days_between(FIRST, LAST))


async def test_a_missing_day_is_due(session: AsyncSession) -> None:
    await keep(session, without=ago(4))

    assert ago(4) in await due(session)


@pytest.mark.parametrize("state", [DayState.HELD, DayState.ERROR])
@pytest.mark.parametrize("academy_id", [EVERY_ACADEMY, 1])
async def test_a_day_that_was_not_published_is_due(
    session: AsyncSession, state: DayState, academy_id: int
) -> None:
    await keep(session, ledger_day(ago(2), state=state, academy_id=academy_id, revision=None))

    assert await due(session) == [ago(2)]


@pytest.mark.parametrize(
    ("academy_id", "state", "is_only_held"),
    [(2, DayState.HELD, True), (2, DayState.ERROR, False), (EVERY_ACADEMY, DayState.ERROR, False)],
)
async def test_whether_a_day_is_only_held_is_said(
    session: AsyncSession, academy_id: int, state: DayState, *, is_only_held: bool
) -> None:
    held = ledger_day(ago(2), state=DayState.HELD, revision=None)
    other = ledger_day(ago(2), academy_id=academy_id, state=state, revision=None)
    await keep(session, held, other)

    (found,) = await due_days(session, ChurnReport, LAST, now=NOW)

    assert (found.day, found.is_only_held) == (ago(2), is_only_held)


async def test_a_held_day_that_has_a_newer_window_elsewhere_is_not_only_held(
    session: AsyncSession,
) -> None:
    held = ledger_day(ago(2), academy_id=2, state=DayState.HELD, revision=None)
    await keep(session, held, ledger_day(ago(3), revision=LAST.toordinal() + 1))

    found = await due_days(session, ChurnReport, LAST, now=NOW)

    assert {due.day: due.is_only_held for due in found} == {
        ago(2): False,
        ago(1): False,
        LAST: False,
    }


async def test_a_day_that_was_held_a_moment_ago_is_left_alone(session: AsyncSession) -> None:
    await keep(session, ledger_day(LAST, state=DayState.HELD, updated_at=NOW))

    assert await due(session) == []
    assert await due(session, NOW + PAUSE + timedelta(seconds=1)) == [LAST]


async def test_what_was_built_on_a_day_is_due_when_it_is_published_anew(
    session: AsyncSession,
) -> None:
    await keep(session, ledger_day(ago(3), revision=LAST.toordinal() + 1))

    assert await due(session) == [ago(2), ago(1), LAST]


async def test_a_day_rests_on_thirteen_days_before_it(session: AsyncSession) -> None:
    await keep(session, ledger_day(ago(14), revision=LAST.toordinal() + 1))

    assert await due(session) == list(days_between(FIRST, ago(1)))


async def test_a_day_that_was_gone_through_since_then_is_not_due(session: AsyncSession) -> None:
    newer = LAST.toordinal() + 1
    checked = [ledger_day(ago(n), checked_revision=newer + 1) for n in range(3)]
    await keep(session, ledger_day(ago(3), revision=newer), *checked)

    assert await due(session) == []


@pytest.mark.parametrize(
    ("counted", "is_due"),
    [(101, False), (102, True), (98, True), (99, False)],
)
async def test_a_day_of_which_a_later_scan_sees_more_or_less_is_due(
    session: AsyncSession, counted: int, *, is_due: bool
) -> None:
    await keep(session, ledger_day(LAST, active_by_day=[100, 100, counted, *COUNTS[3:]]))

    assert await due(session) == ([ago(2)] if is_due else [])


@pytest.mark.parametrize(
    ("counted", "is_due"),
    [(152, False), (153, True), (147, True), (148, False)],
)
async def test_less_than_two_percent_is_no_drift(
    session: AsyncSession, counted: int, *, is_due: bool
) -> None:
    seen = [150] * 14
    later = ledger_day(LAST, active_by_day=[150, 150, counted, *seen[3:]])
    await keep(session, later, counts=seen)

    assert await due(session) == ([ago(2)] if is_due else [])


async def test_a_single_subscriber_is_no_drift(session: AsyncSession) -> None:
    await keep(session, ledger_day(LAST, active_by_day=[4] * 14), counts=[3] * 14)

    assert await due(session) == []


async def test_days_of_one_scan_do_not_contradict_each_other(session: AsyncSession) -> None:
    """Subscribers who left with the last day make its counts smaller, and mean nothing."""
    one = UUID(int=1)
    fewer = ledger_day(LAST, run_id=one, active_by_day=[90] * 14)
    await keep(session, fewer, ledger_day(ago(1), run_id=one))

    assert await due(session) == []


async def test_days_that_a_run_has_still_to_come_to_are_left_to_it(database: Database) -> None:
    await new_run(database, run_request(day_from=FIRST, day_to=ago(1)))

    async with database.transaction() as session:
        assert await due(session) == [LAST]


async def test_a_run_that_publishes_nothing_or_not_all_leaves_the_days_due(
    database: Database,
) -> None:
    await new_run(database, run_request(day_from=FIRST, day_to=LAST, dry_run=True))
    await new_run(database, run_request(day_from=FIRST, day_to=LAST, academies=[1]))

    async with database.transaction() as session:
        assert len(await due(session)) == DUE_DAYS


async def test_concurrent_wakes_make_one_run(database: Database, tmp_path: Path) -> None:
    sources = sources_of(database, tmp_path)
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(1)])

    found = await asyncio.gather(*(ask_due("churn", worker_context(sources)) for _ in range(10)))

    async with database.transaction() as session:
        runs = (await session.exec(select(Run))).all()
    assert [run.id for run in runs] == [run.id for run in found if run]
    assert [(run.origin, run.day_from, run.day_to) for run in runs] == [
        (Origin.SCHEDULE, FIRST, LAST)
    ]


async def test_nothing_is_asked_for_before_there_is_a_subscription(
    database: Database, tmp_path: Path
) -> None:
    assert await ask_due("churn", worker_context(sources_of(database, tmp_path))) is None

    async with database.transaction() as session:
        assert (await session.exec(select(func.count(col(Run.id))))).one() == 0
