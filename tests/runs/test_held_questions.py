"""How often a held day is asked about, what of, and what becomes of a question that fails."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.kit.db.engine import Database
from app.reports.churn.report import ChurnReport
from app.runs.ledger.due_days import PAUSE, ask_due
from app.runs.ledger.quality_gate import DayState
from app.runs.models import ReportDay, RunDayState
from app.runs.monitoring.metrics import standing
from app.sources.sources import Sources
from app.sources.warehouse.models import LakeFile
from tests.support.database_copies import copied_sources
from tests.support.held_day import (
    HOUR,
    LATER,
    held_since_this_morning,
    ledger_state,
    stored_bytes,
    volume_questions,
)
from tests.support.outage import FIRST, LOST, logins, two_academies
from tests.support.report_runs import put_activity, run_days, worker_context
from tests.support.schedule_wakes import morning_after, settle, wake

pytestmark = pytest.mark.usefixtures("untraced")


sources = copied_sources(held_since_this_morning)


async def test_all_held_days_in_a_row_are_one_question(sources: Sources) -> None:
    await wake(sources, morning_after(LOST[1]))
    asked_before = len(await volume_questions(sources))

    await wake(sources, morning_after(LOST[1]) + HOUR)

    asked = (await volume_questions(sources))[asked_before:]
    assert [question.days for question in asked] == [LOST[:2]]
    assert asked[0].bytes_processed == await stored_bytes(sources, *LOST[:2])


async def test_nothing_is_read_of_the_days_between_two_that_are_held(
    database: Database, tmp_path: Path
) -> None:
    sources = await two_academies(database, tmp_path)
    apart = [LOST[0], LOST[0] + timedelta(days=4)]
    await settle(sources, morning_after(apart[0] - timedelta(days=1)))
    await put_activity(sources, logins(2, apart), replace=True)
    await wake(sources, morning_after(apart[1]))

    await wake(sources, morning_after(apart[1]) + HOUR)

    (asked,) = await volume_questions(sources)
    assert asked.days == apart
    assert asked.bytes_processed == await stored_bytes(sources, *apart)


async def test_a_recent_volume_question_is_not_repeated(sources: Sources) -> None:
    await wake(sources, LATER)

    await wake(sources, LATER + PAUSE)
    assert len(await volume_questions(sources)) == 1

    await wake(sources, LATER + PAUSE + timedelta(seconds=1))
    assert len(await volume_questions(sources)) == 2


async def test_concurrent_wakes_ask_for_the_volume_once(sources: Sources) -> None:
    workshop = worker_context(sources, clock=lambda: LATER)

    found = await asyncio.gather(*(ask_due("churn", workshop) for _ in range(6)))

    assert found == [None] * 6
    assert len(await volume_questions(sources)) == 1


async def test_concurrent_wakes_after_a_repair_make_one_run(sources: Sources) -> None:
    await put_activity(sources, logins(1, LOST[:1]))
    workshop = worker_context(sources, clock=lambda: LATER)

    found = await asyncio.gather(*(ask_due("churn", workshop) for _ in range(6)))

    assert [(run.day_from, run.day_to) for run in found if run] == [(LOST[0], LOST[0])]
    assert len(await volume_questions(sources)) == 1


async def file_of(sources: Sources, home: Path, day: date) -> Path:
    async with sources.database.transaction() as session:
        files = await session.exec(select(LakeFile).where(col(LakeFile.day) == day))
        return home / "lake" / files.one().path


async def test_while_the_question_is_not_answered_the_other_days_are_run(
    sources: Sources, tmp_path: Path
) -> None:
    (await file_of(sources, tmp_path, LOST[0])).unlink()

    run = await ask_due("churn", worker_context(sources, clock=lambda: morning_after(LOST[1])))

    assert run is not None
    assert (run.day_from, run.day_to) == (LOST[1], LOST[1])
    assert (await ledger_state(sources))[0] is DayState.HELD
    assert await volume_questions(sources) == []


async def test_an_unexpected_failure_of_a_volume_question_is_left_to_a_run(
    sources: Sources, tmp_path: Path
) -> None:
    damaged = await file_of(sources, tmp_path, LOST[0])
    damaged.write_bytes(bytes(damaged.stat().st_size))

    assert await wake(sources, LATER) == {LOST[0]: RunDayState.ERROR}


async def test_a_question_counts_what_a_scan_would(sources: Sources) -> None:
    await run_days(sources, FIRST, LOST[2], at=morning_after(LOST[2]))

    volume = await ChurnReport(sources).count_active([FIRST, *LOST], None, {})

    async with sources.database.transaction() as session:
        rows = (await session.exec(select(ReportDay).where(ReportDay.academy_id != 0))).all()
    counted = {(row.report_date, row.academy_id): (row.active_by_day or [])[0] for row in rows}
    asked = {
        (day, academy_id): count
        for day, counts in volume.active.items()
        for academy_id, count in counts.items()
    }
    assert asked == {key: counted[key] for key in asked}
    assert len(asked) == 8


async def test_what_a_question_read_is_counted_with_what_runs_read(sources: Sources) -> None:
    async def spent() -> float:
        async with sources.database.transaction() as session:
            found = await standing(session, sources, LATER, stale_after=PAUSE)
        return float(found.spent["churn"][0])

    before = await spent()

    await wake(sources, LATER)

    assert await spent() - before == await stored_bytes(sources, LOST[0])
