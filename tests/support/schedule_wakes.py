"""Simulated wakes of the scheduler, one after the other, in this process."""

from datetime import UTC, date, datetime, time, timedelta

from app.runs.execution.creation import see_through
from app.runs.ledger.due_days import ask_due
from app.runs.models import RunDayState
from app.sources.sources import Sources
from tests.support.report_runs import worker_context
from tests.support.run_polling import day_states

MOST_WAKES = 6


def morning_after(day: date) -> datetime:
    """The first wake that can report on a day."""
    return datetime.combine(day + timedelta(days=1), time(2), UTC)


async def wake(sources: Sources, now: datetime) -> dict[date, RunDayState]:
    """Wake the scheduler once and finish the run that it requests; return its days' states."""
    workshop = worker_context(sources, clock=lambda: now)
    run = await ask_due("churn", workshop)
    if run is None:
        return {}
    await see_through(run.id, workshop)
    return await day_states(sources.database, run.id)


async def settle(sources: Sources, now: datetime) -> list[dict[date, RunDayState]]:
    """Wake every hour until nothing is due; return the states that each wake left."""
    done: list[dict[date, RunDayState]] = []
    while found := await wake(sources, now + timedelta(hours=len(done))):
        done.append(found)
        assert len(done) < MOST_WAKES, "it does not come to rest"
    return done
