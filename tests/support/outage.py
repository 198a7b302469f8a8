"""Two academies, of which one loses three days of its events."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)

LOST = [date(2026, 5, 10), date(2026, 5, 11), date(2026, 5, 12)]
FIRST, LAST = date(2026, 5, 2), date(2026, 5, 19)
LEARNERS = {1: range(1, 26), 2: range(101, 126)}


def days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def logins(academy_id: int, wanted: Sequence[date]) -> list[dict[str, object]]:
    """Every learner of an academy is there every day, but for one in five."""
    return [
        event(user, datetime(day.year, day.month, day.day, 9, user % 60, tzinfo=UTC))
        for day in wanted
        for user in LEARNERS[academy_id]
        if (user + day.toordinal()) % 5
    ]


async def two_academies(database: Database, home: Path) -> Sources:
    """Two academies of 25, of which every event is known."""
    learners = [(user, academy_id) for academy_id, users in LEARNERS.items() for user in users]
    rows = [subscription(user, academy_id=academy_id) for user, academy_id in learners]
    await put(database, FileKind.SUBSCRIPTIONS, rows)
    sources = sources_of(database, home)
    known = days(FIRST - timedelta(days=13), LAST)
    await put_activity(sources, [*logins(1, known), *logins(2, known)])
    return sources


async def lose_events(sources: Sources) -> None:
    """Remove academy 1's events of the lost days from the lake."""
    await put_activity(sources, logins(2, LOST), replace=True)


async def run_each(sources: Sources, first: date, last: date) -> None:
    """Run the days as mornings would, one after the other."""
    for day in days(first, last):
        await run_days(sources, day, day)


async def report_before_loss(database: Database, home: Path) -> Sources:
    """Both academies, reported on while nothing was lost."""
    sources = await two_academies(database, home)
    await run_days(sources, FIRST, LAST)
    return sources


async def report_each_morning(database: Database, home: Path) -> Sources:
    """The same, one day after the other."""
    sources = await two_academies(database, home)
    await run_each(sources, FIRST, LAST)
    return sources


async def report_with_events_lost(database: Database, home: Path) -> Sources:
    """Both academies, reported on one day after the other, the lost days lost from the start."""
    sources = await two_academies(database, home)
    await lose_events(sources)
    await run_each(sources, FIRST, LAST)
    return sources
