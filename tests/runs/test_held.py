"""What is held is asked for its volume first, and scanned only when that has changed."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import col, func, select

from app.kit.db.engine import Database
from app.runs.ledger.due_days import ask_due
from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import Run, RunDayState
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.held_day import (
    HOUR,
    LATER,
    held_since_this_morning,
    ledger_state,
    stored_bytes,
    volume_questions,
)
from tests.support.outage import (
    LEARNERS,
    LOST,
    logins,
    lose_events,
    two_academies,
)
from tests.support.report_runs import (
    put,
    put_activity,
    run_days,
    subscription,
    worker_context,
)
from tests.support.schedule_wakes import morning_after, settle, wake

sources = copied_sources(held_since_this_morning)


async def runs(sources: Sources) -> int:
    async with sources.database.transaction() as session:
        return (await session.exec(select(func.count(col(Run.id))))).one()


async def test_while_the_source_is_silent_no_run_is_made_and_one_day_is_read(
    sources: Sources,
) -> None:
    before = await runs(sources)

    assert await wake(sources, LATER) == {}

    (asked,) = await volume_questions(sources)
    assert (asked.days, asked.released) == ([LOST[0]], [])
    assert 0 < asked.bytes_processed == await stored_bytes(sources, LOST[0])
    assert await runs(sources) == before
    assert await ledger_state(sources) == (DayState.HELD, Verdict.LOW_VOLUME)


async def test_once_the_source_is_repaired_the_day_is_run_again_and_everything_heals(
    sources: Sources,
) -> None:
    await wake(sources, morning_after(LOST[1]))
    await wake(sources, morning_after(LOST[1]) + HOUR)
    await put_activity(sources, logins(1, LOST[:2]))

    done = await settle(sources, morning_after(LOST[1]) + 2 * HOUR)

    assert done[0] == dict.fromkeys(LOST[:2], RunDayState.PUBLISHED)
    assert [asked.released for asked in await volume_questions(sources)][-2:] == [[], LOST[:2]]
    for day in LOST[:2]:
        assert await ledger_state(sources, day) == (DayState.PUBLISHED, Verdict.OK)


async def test_a_day_of_which_half_is_repaired_still_leaves_the_other_held(
    sources: Sources,
) -> None:
    await wake(sources, morning_after(LOST[1]))
    await put_activity(sources, logins(1, LOST[:1]))

    assert await wake(sources, morning_after(LOST[1]) + HOUR) == {LOST[0]: RunDayState.PUBLISHED}

    assert await ledger_state(sources, LOST[0]) == (DayState.PUBLISHED, Verdict.OK)
    assert (await ledger_state(sources, LOST[1]))[0] is DayState.HELD


async def test_a_hole_in_the_window_heals_with_the_day_that_made_it(sources: Sources) -> None:
    await put_activity(sources, logins(1, LOST[1:]))
    await settle(sources, morning_after(LOST[2]))
    assert await ledger_state(sources, LOST[2]) == (DayState.PUBLISHED, Verdict.WINDOW_HOLE)
    await put_activity(sources, logins(1, LOST[:1]))

    await settle(sources, morning_after(LOST[2]) + 6 * HOUR)

    for day in LOST:
        assert await ledger_state(sources, day) == (DayState.PUBLISHED, Verdict.OK)


async def test_a_day_that_is_low_because_of_those_before_it_is_run_again(
    database: Database, tmp_path: Path
) -> None:
    """It was held when the two days before it were published; then these were held as well."""
    sources = await two_academies(database, tmp_path)
    await settle(sources, morning_after(LOST[2] - timedelta(days=1)))
    await lose_events(sources)
    await wake(sources, morning_after(LOST[2]))
    assert (await ledger_state(sources, LOST[2]))[0] is DayState.HELD
    await run_days(sources, LOST[0], LOST[1], at=morning_after(LOST[2]))

    done = await wake(sources, morning_after(LOST[2]) + HOUR)

    assert LOST[2] in done
    assert await ledger_state(sources, LOST[2]) == (DayState.PUBLISHED, Verdict.LOW_VOLUME)
    assert (await volume_questions(sources))[-1].released == [LOST[2]]


async def test_an_academy_that_nobody_is_left_in_is_held_for_its_loss(sources: Sources) -> None:
    over = {"status": "CANCELLED", "cancelled_at": datetime.fromisoformat("2026-05-09T12:00Z")}
    gone = [subscription(user, updated_at=LATER, **over) for user in LEARNERS[1]]
    history = [{**row, "effective_from": over["cancelled_at"]} for row in gone]
    await put(sources.database, FileKind.SUBSCRIPTION_HISTORY, history)

    assert await wake(sources, LATER) == {}

    assert await ledger_state(sources) == (DayState.HELD, Verdict.LOW_VOLUME)


async def test_a_lower_ratio_lets_go_of_what_is_not_low_by_it(sources: Sources) -> None:
    await put_activity(sources, logins(1, LOST[:1])[:2])
    assert await wake(sources, LATER) == {}

    run = await ask_due(
        "churn", worker_context(sources, clock=lambda: LATER + HOUR, min_volume_ratio=0.1)
    )

    assert run is not None
    assert (run.day_from, run.day_to) == (LOST[0], LOST[0])


async def test_a_day_that_drifts_elsewhere_as_well_is_run_without_a_question(
    sources: Sources,
) -> None:
    """Academy 2 lost some events of the same day; the next morning's scan sees more of them."""
    await put_activity(sources, logins(2, LOST[:1])[:15], replace=True)
    await run_days(sources, LOST[0], LOST[0], at=morning_after(LOST[0]))
    await put_activity(sources, [*logins(2, LOST[:1]), *logins(1, LOST[1:2])])
    await wake(sources, morning_after(LOST[1]))
    asked_before = len(await volume_questions(sources))

    done = await wake(sources, morning_after(LOST[1]) + HOUR)

    assert LOST[0] in done
    assert len(await volume_questions(sources)) == asked_before
