"""What fails for one academy fails that academy's day, and nobody else's."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from app.runs.ledger.quality_gate import DayState
from app.runs.models import ReportDay, RunDayState, RunStatus
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.held_day import HOUR
from tests.support.outage import LAST, report_before_loss, two_academies
from tests.support.report_runs import exported, run_days
from tests.support.schedule_wakes import morning_after, wake

EXCESSIVE = "UPDATE subscription_history SET mrr = 1e300 WHERE user_id = 7"
MENDED = "UPDATE subscription_history SET mrr = 49 WHERE user_id = 7"
REFUSING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''no room for %'', NEW.academy_id; END';
    CREATE TRIGGER refuses BEFORE INSERT ON churn_day_summaries
        FOR EACH ROW WHEN (NEW.academy_id = 1) EXECUTE FUNCTION refuse();
"""

sources = copied_sources(two_academies)
known = copied_sources(report_before_loss)


async def tell(sources: Sources, sql: str) -> None:
    async with sources.database.engine.begin() as connection:
        for statement in sql.strip().split(";\n"):
            await connection.execute(text(statement))


async def ledger(sources: Sources) -> dict[int, tuple[DayState, str | None]]:
    rows = select(ReportDay).where(col(ReportDay.report_date) == LAST)
    async with sources.database.transaction() as session:
        return {row.academy_id: (row.state, row.reason) for row in await session.exec(rows)}


@pytest.mark.parametrize(
    ("poison", "said"),
    [
        pytest.param(EXCESSIVE, "User 7 has a subscription with an mrr of 1e+300", id="computed"),
        pytest.param(REFUSING, "nobody foresaw", id="published"),
    ],
)
async def test_the_others_are_published_and_the_day_stays_due(
    sources: Sources, poison: str, said: str
) -> None:
    await tell(sources, poison)

    outcome = await run_days(sources, LAST, LAST)

    assert outcome.run.status is RunStatus.PARTIAL
    assert [(day.academy_id, day.state, day.rows) for day in outcome.days] == [
        (0, RunDayState.ERROR, 25),
        (1, RunDayState.ERROR, 0),
        (2, RunDayState.PUBLISHED, 25),
    ]
    assert all("Academy 1 failed: " in str(day.error) for day in outcome.days[:2])
    found = await ledger(sources)
    assert [found[academy_id][0] for academy_id in (0, 1, 2)] == [
        DayState.ERROR,
        DayState.ERROR,
        DayState.PUBLISHED,
    ]
    assert said in str(found[1][1])
    assert set((await exported(sources, LAST, LAST))["academy_id"]) == {2}


async def test_what_was_published_of_it_before_stays_until_it_is_mended(known: Sources) -> None:
    before = await exported(known, LAST, LAST)
    await tell(known, EXCESSIVE)
    await run_days(known, LAST, LAST, at=morning_after(LAST))
    assert (await exported(known, LAST, LAST)).equals(before)
    assert (await ledger(known))[1][0] is DayState.ERROR
    await tell(known, MENDED)

    done = await wake(known, morning_after(LAST) + HOUR)

    assert done[LAST] is RunDayState.PUBLISHED
    assert {state for state, _ in (await ledger(known)).values()} == {DayState.PUBLISHED}


async def test_a_dry_run_tells_of_it_and_leaves_the_ledger(sources: Sources) -> None:
    await tell(sources, EXCESSIVE)

    outcome = await run_days(sources, LAST, LAST, dry_run=True)

    states = {day.academy_id: day.state for day in outcome.days}
    assert states == {0: RunDayState.ERROR, 1: RunDayState.ERROR, 2: RunDayState.COMPUTED}
    assert await ledger(sources) == {}


async def test_a_day_on_which_all_academies_fail_is_a_failed_day(sources: Sources) -> None:
    await tell(sources, "UPDATE subscription_history SET mrr = 1e300")

    outcome = await run_days(sources, LAST, LAST)

    assert outcome.run.status is RunStatus.ERROR
    assert "So did 1 more of 2." in str(outcome.days[0].error)


@pytest.mark.parametrize("never", ["infinity", "294276-12-31 23:59:59Z"])
async def test_an_end_that_never_comes_fails_nobody(known: Sources, never: str) -> None:
    values = f"valid_until = '{never}', next_payment_at = '{never}'"
    await tell(known, f"UPDATE subscription_history SET {values}")  # noqa: S608

    outcome = await run_days(known, LAST, LAST)

    assert outcome.run.status is RunStatus.DONE
    days = (await exported(known, LAST, LAST))["days_until_renewal"]
    assert days.unique().to_list() == [(date(9999, 12, 31) - LAST).days]
