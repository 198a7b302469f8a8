"""Wakes of the schedule, one after the other, in this process."""

from datetime import UTC, date, datetime, time, timedelta

from app.runs.execution.creation import see_through
from app.runs.ledger.due_days import ask_due
from app.runs.models import RunDayState
from app.sources.sources import Sources
from tests.support.reporting import workshop_of
from tests.support.watching import states

MOST_WAKES = 6


def morning_after(day: date) -> datetime:
    """The first wake that can report on a day."""
    return datetime.combine(day + timedelta(days=1), time(2), UTC)


async def wake(sources: Sources, now: datetime) -> dict[date, RunDayState]:
    """Wake the schedule once, and see through what it asks for."""
    workshop = workshop_of(sources, clock=lambda: now)
    run = await ask_due("churn", workshop)
    if run is None:
        return {}
    await see_through(run.id, workshop)
    return await states(sources.database, run.id)


async def settle(sources: Sources, now: datetime) -> list[dict[date, RunDayState]]:
    """Wake every hour until nothing is due; say what each wake did."""
    done: list[dict[date, RunDayState]] = []
    while found := await wake(sources, now + timedelta(hours=len(done))):
        done.append(found)
        assert len(done) < MOST_WAKES, "it does not come to rest"
    return done
