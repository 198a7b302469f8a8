"""An academy's subscriptions are missing: the gate is asked before what is published goes."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text
from sqlmodel import col, select

from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import ReportDay, RunDayState
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.held_day import HOUR
from tests.support.outage import (
    FIRST,
    LAST,
    days,
    report_before_loss,
    two_academies,
)
from tests.support.report_runs import exported, run_days
from tests.support.schedule_wakes import morning_after, settle, wake

DAYS = days(LAST - timedelta(days=2), LAST)
HELD = (DayState.HELD, Verdict.LOW_VOLUME, False)

sources = copied_sources(two_academies)
known = copied_sources(report_before_loss)


async def miss(sources: Sources, users: Sequence[int]) -> None:
    """Lose the subscriptions of some users, with all their history."""
    sql = text("DELETE FROM subscription_history WHERE user_id = ANY(:users)")
    async with sources.database.engine.begin() as connection:
        await connection.execute(sql, {"users": users})


async def stands(sources: Sources, day: date) -> tuple[DayState, Verdict | None, bool] | None:
    """How academy 1 stands on a day, and whether that was forced."""
    row = select(ReportDay).where(col(ReportDay.report_date) == day, col(ReportDay.academy_id) == 1)
    async with sources.database.transaction() as session:
        found = (await session.exec(row)).first()
    return None if found is None else (found.state, found.verdict, found.forced)


async def rows(sources: Sources, day: date) -> int:
    return (await exported(sources, day, day)).filter(academy_id=1).height


async def test_published_rows_stay_when_all_subscriptions_are_missing(known: Sources) -> None:
    await miss(known, range(1, 26))

    outcome = await run_days(known, LAST, LAST)

    assert await stands(known, LAST) == HELD
    assert await rows(known, LAST) == 25
    (held,) = outcome.held
    assert "0 subscribers were live on 2026-05-19, there were 25 before" in str(held.error)
    assert "sudden loss of subscribers" in str(held.error)


async def test_most_subscriptions_missing_is_a_loss_and_half_of_them_is_none(
    known: Sources,
) -> None:
    await miss(known, range(1, 13))
    await run_days(known, LAST, LAST)
    assert await rows(known, LAST) == 13

    await miss(known, range(13, 20))
    await run_days(known, LAST, LAST)

    assert await stands(known, LAST) == HELD
    assert await rows(known, LAST) == 13


async def test_the_third_day_is_withdrawn_and_says_so(known: Sources) -> None:
    await miss(known, range(1, 26))

    await run_days(known, DAYS[0], LAST)

    assert [await stands(known, day) for day in DAYS] == [
        HELD,
        HELD,
        (DayState.PUBLISHED, Verdict.LOW_VOLUME, False),
    ]
    assert [await rows(known, day) for day in DAYS] == [25, 25, 0]


async def test_a_loss_in_the_night_is_held_twice_and_then_told_no_more(sources: Sources) -> None:
    await settle(sources, morning_after(FIRST))
    await miss(sources, range(1, 26))
    nights = days(FIRST + timedelta(days=1), FIRST + timedelta(days=4))

    for night in nights:
        await run_days(sources, night, night, at=morning_after(night))

    quiet = (DayState.PUBLISHED, Verdict.LOW_VOLUME, False)
    assert [await stands(sources, night) for night in nights] == [HELD, HELD, quiet, None]


async def test_while_they_are_missing_a_held_day_is_not_run_again(sources: Sources) -> None:
    await settle(sources, morning_after(FIRST))
    await miss(sources, range(1, 26))
    night = FIRST + timedelta(days=1)
    assert await wake(sources, morning_after(night)) == {night: RunDayState.PUBLISHED}

    assert await wake(sources, morning_after(night) + HOUR) == {}

    assert await stands(sources, night) == HELD


async def test_force_withdraws_and_is_recorded(known: Sources) -> None:
    await miss(known, range(1, 26))

    await run_days(known, LAST, LAST, force=True)

    assert await stands(known, LAST) == (DayState.PUBLISHED, Verdict.OK, True)
    assert await rows(known, LAST) == 0


async def test_a_small_academy_is_withdrawn(known: Sources) -> None:
    await miss(known, range(1, 7))
    await run_days(known, DAYS[0], DAYS[1])
    await miss(known, range(1, 13))
    await run_days(known, LAST, LAST)
    assert await rows(known, LAST) == 13

    await miss(known, range(1, 26))
    outcome = await run_days(known, LAST, LAST)

    assert outcome.held == []
    assert await stands(known, LAST) is None
    assert await rows(known, LAST) == 0


async def test_a_dry_run_tells_of_an_academy_that_vanished(known: Sources) -> None:
    await miss(known, range(1, 26))

    outcome = await run_days(known, LAST, LAST, dry_run=True)

    previews = {day.academy_id: day.preview for day in outcome.days if day.preview}
    assert "sudden loss of subscribers" in str(previews[1]["gate"])
    assert (previews[1]["rows"], previews[1]["stored_rows"]) == (0, 25)
    assert await rows(known, LAST) == 25
