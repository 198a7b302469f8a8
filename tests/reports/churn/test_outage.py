"""Three days of one academy's events get lost, and come back."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlmodel import col, select

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import ReportDay
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.outage import (
    FIRST,
    LAST,
    LOST,
    days,
    logins,
    lose_events,
    report_before_loss,
    report_each_morning,
    report_with_events_lost,
    run_each,
    two_academies,
)
from tests.support.report_runs import exported, put_activity, run_days

pytestmark = pytest.mark.usefixtures("untraced")

SUMMARIES = "SELECT s::text FROM churn_day_summaries AS s ORDER BY report_date, academy_id"
LEDGER = """
    SELECT report_date, academy_id, state, verdict, reason, forced, rows,
        array_to_string(active_by_day, ' ') AS active, encode(content_sha256, 'hex') AS content
    FROM report_days
    ORDER BY report_date, academy_id
"""
Ledger = dict[date, tuple[DayState, Verdict | None]]


sources = copied_sources(two_academies)
known = copied_sources(report_before_loss)
known_each_morning = copied_sources(report_each_morning, "each morning")
without_the_lost = copied_sources(report_with_events_lost, "without the lost")


async def ledger(database: Database, academy_id: int) -> Ledger:
    """Return what stands of the days from the first lost one on."""
    wanted = select(ReportDay).where(
        col(ReportDay.academy_id) == academy_id, col(ReportDay.report_date) >= LOST[0]
    )
    async with database.transaction() as session:
        return {row.report_date: (row.state, row.verdict) for row in await session.exec(wanted)}


async def everything(sources: Sources) -> list[pl.DataFrame]:
    """Return all rows, all summaries, and the ledger but for its times, runs and revisions."""
    return [
        await exported(sources, FIRST, LAST),
        await read_frame(sources.database, SUMMARIES),
        await read_frame(sources.database, LEDGER),
    ]


async def test_lost_days_are_held_then_marked_and_the_days_after_have_a_hole(
    without_the_lost: Sources,
) -> None:
    held = (DayState.HELD, Verdict.LOW_VOLUME)
    hole = (DayState.PUBLISHED, Verdict.WINDOW_HOLE)
    assert await ledger(without_the_lost.database, 1) == {
        LOST[0]: held,
        LOST[1]: held,
        LOST[2]: (DayState.PUBLISHED, Verdict.LOW_VOLUME),
        **dict.fromkeys(days(date(2026, 5, 13), date(2026, 5, 18)), hole),
        LAST: (DayState.PUBLISHED, Verdict.OK),
    }
    rows = (await exported(without_the_lost, *LOST[:2])).filter(academy_id=1)
    assert rows.is_empty()


async def test_another_academy_is_not_affected(known: Sources) -> None:
    before = (await exported(known, FIRST, LAST)).filter(academy_id=2)
    stood = await ledger(known.database, 2)
    await lose_events(known)

    await run_days(known, FIRST, LAST)

    assert_frame_equal((await exported(known, FIRST, LAST)).filter(academy_id=2), before)
    assert await ledger(known.database, 2) == stood
    assert set(stood.values()) == {(DayState.PUBLISHED, Verdict.OK)}


async def test_a_held_day_keeps_the_rows_that_it_had(known: Sources) -> None:
    before = await exported(known, LOST[0], LOST[1])
    await lose_events(known)

    outcome = await run_days(known, LOST[0], LOST[1])

    assert [(day.report_date, day.academy_id) for day in outcome.held] == [
        (LOST[0], 1),
        (LOST[1], 1),
    ]
    assert_frame_equal(await exported(known, LOST[0], LOST[1]), before)


async def test_events_that_come_late_leave_no_trace_of_their_delay(
    without_the_lost: Sources, known_each_morning: Sources
) -> None:
    await put_activity(without_the_lost, logins(1, LOST))

    await run_days(without_the_lost, FIRST, LAST)

    healed, expected = await everything(without_the_lost), await everything(known_each_morning)
    for found, wanted in zip(healed, expected, strict=True):
        assert_frame_equal(found, wanted)


async def test_days_that_were_reported_lost_and_brought_back_are_as_they_were(
    known_each_morning: Sources,
) -> None:
    sources = known_each_morning
    before = await everything(sources)
    await lose_events(sources)
    await run_each(sources, LOST[0], LAST)
    await put_activity(sources, logins(1, LOST))

    await run_days(sources, FIRST, LAST)

    for found, expected in zip(await everything(sources), before, strict=True):
        assert_frame_equal(found, expected)


async def test_force_publishes_as_ok_and_is_recorded(sources: Sources) -> None:
    await lose_events(sources)
    await run_days(sources, FIRST, LOST[0])

    await run_days(sources, LOST[0], LOST[0], force=True)

    async with sources.database.transaction() as session:
        row = await session.get_one(ReportDay, ("churn", LOST[0], 1))
    assert (row.state, row.verdict, row.forced) == (DayState.PUBLISHED, Verdict.OK, True)
    assert row.revision is not None
    rows = (await exported(sources, LOST[0], LOST[0])).filter(academy_id=1)
    assert rows.height == 25


async def test_what_was_forced_is_not_recorded_as_forced_once_it_is_run_again(
    sources: Sources,
) -> None:
    await lose_events(sources)
    await run_days(sources, FIRST, LOST[0])
    await run_days(sources, LOST[0], LOST[0], force=True)
    await put_activity(sources, logins(1, LOST))

    await run_days(sources, LOST[0], LOST[0])

    async with sources.database.transaction() as session:
        row = await session.get_one(ReportDay, ("churn", LOST[0], 1))
    assert (row.state, row.verdict, row.forced) == (DayState.PUBLISHED, Verdict.OK, False)
