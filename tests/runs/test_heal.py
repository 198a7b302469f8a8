"""Late and repaired data: the next wakes publish anew what changed, and only that."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.kit.days import days_between
from app.kit.db.engine import Database
from app.runs.ledger.due_days import PAUSE
from app.runs.models import RunDayState
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    sources_of,
    subscription,
)
from tests.support.run_polling import revisions
from tests.support.schedule_wakes import morning_after, settle, wake

pytestmark = pytest.mark.usefixtures("untraced")

LAST = date(2026, 5, 31)
FIRST = LAST - timedelta(days=13)
SUBSCRIBERS = range(1, 41)


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime.combine(day, time(12), UTC)


async def be_active(sources: Sources, days: list[date], users: range = SUBSCRIBERS) -> None:
    """Let users be active on some days."""
    await put_activity(sources, [event(user, at(day)) for day in days for user in users])


async def lively(database: Database, home: Path) -> Sources:
    """Forty lively subscribers of one academy."""
    found = sources_of(database, home)
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(user) for user in SUBSCRIBERS])
    await be_active(found, list(days_between(FIRST - timedelta(days=13), LAST - timedelta(days=1))))
    return found


sources = copied_sources(lively)


async def test_the_first_wake_reports_on_a_fortnight_and_then_nothing_is_due(
    sources: Sources,
) -> None:
    (only,) = await settle(sources, morning_after(LAST - timedelta(days=1)))

    assert set(only.values()) == {RunDayState.PUBLISHED}
    assert len(only) == 14


async def test_events_that_arrive_again_change_nothing(sources: Sources) -> None:
    known = LAST - timedelta(days=1)
    await settle(sources, morning_after(known))
    before = await revisions(sources.database)
    await put_activity(
        sources, [event(user, at(known), id=f"again-{user}") for user in SUBSCRIBERS]
    )
    await be_active(sources, [LAST])

    done = await settle(sources, morning_after(LAST))

    after = await revisions(sources.database)
    assert [list(days) for days in done] == [[LAST]]
    assert {key: after[key] for key in before} == before


async def test_a_day_whose_events_come_late_is_published_anew_and_no_other(
    sources: Sources,
) -> None:
    short = LAST - timedelta(days=1)
    missing = [event(user, at(short)) for user in range(1, 11)]
    whole = [event(user, at(short)) for user in range(11, 41)]
    await put_activity(sources, whole, replace=True)
    await settle(sources, morning_after(short))
    before = await revisions(sources.database)
    await put_activity(sources, missing)
    await be_active(sources, [LAST])

    done = await settle(sources, morning_after(LAST))

    after = await revisions(sources.database)
    assert {day for day, _ in before if after[day, 1] != before[day, 1]} == {short}
    assert [list(days) for days in done] == [[LAST], [short], [LAST]]


async def test_lost_days_are_held_and_heal_when_they_are_imported_again(
    sources: Sources,
) -> None:
    lost = [LAST - timedelta(days=back) for back in (2, 1, 0)]
    kept = [LAST - timedelta(days=3)]
    await settle(sources, morning_after(kept[0]))
    before = await revisions(sources.database)
    await put_activity(sources, [event(1, at(day)) for day in lost], replace=True)
    for day in lost[:2]:
        assert (await wake(sources, morning_after(day)))[day] is RunDayState.HELD

    await be_active(sources, lost)
    await settle(sources, morning_after(LAST) + PAUSE)

    after = await revisions(sources.database)
    assert set(after) - set(before) == {(day, 1) for day in lost}
    assert all(after[key] == before[key] for key in before)
    assert await settle(sources, morning_after(LAST) + timedelta(hours=9)) == []


async def test_concurrent_wakes_do_what_one_does(sources: Sources) -> None:
    now = morning_after(LAST - timedelta(days=1))

    found = await asyncio.gather(*(wake(sources, now) for _ in range(5)))

    assert [len(days) for days in found if days] == [14]
