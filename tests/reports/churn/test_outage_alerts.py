"""What three lost days do to alerts: nothing that is said of how people behave."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from tests.support.database_copies import copied_sources
from tests.support.outage import (
    FIRST,
    LAST,
    LOST,
    days,
    logins,
    lose_events,
    run_each,
    two_academies,
)
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    run_days,
    subscription,
)

pytestmark = pytest.mark.usefixtures("untraced")

REGULARS = range(201, 206)
GONE, IN_DEBT = 210, 3
ALERTS = """
    SELECT alert_type, user_id, triggered_on, resolved_on FROM alerts
    WHERE academy_id = 1 ORDER BY alert_type, user_id
"""
Alerts = list[tuple[str, int, date, date | None]]


async def in_trouble(database: Database, home: Path) -> Sources:
    """Academy 1 with five who come every fifth day, one who is gone, one whose payment fails."""
    sources = await two_academies(database, home)
    newcomers = [subscription(user) for user in (*REGULARS, GONE)]
    fails_at = datetime(2026, 5, 11, 12, tzinfo=UTC)
    fails = subscription(IN_DEBT, status="PAYMENT_ISSUE", updated_at=fails_at)
    await put(sources.database, FileKind.SUBSCRIPTIONS, [*newcomers, fails])
    seen = [FIRST - timedelta(days=1) + timedelta(days=back) for back in range(-10, 16, 5)]
    await put_activity(sources, [*worked(REGULARS, seen), *worked([GONE], seen[:2])])
    return sources


async def reported_until_the_eve(database: Database, home: Path) -> Sources:
    """The same, reported on until the day before the outage."""
    sources = await in_trouble(database, home)
    await run_days(sources, FIRST, LOST[0] - timedelta(days=1))
    return sources


troubled = copied_sources(in_trouble)
eve = copied_sources(reported_until_the_eve)


def worked(users: Iterable[int], wanted: Sequence[date]) -> list[dict[str, object]]:
    """A login and a completed assignment of each user on each of the days."""
    done = {"kind": "assignment_status_updated", "task_status": "DONE"}
    return [
        event(user, at_noon(day), id=f"{kind} {user} {day}", related_id=day.toordinal(), **changes)
        for user in users
        for day in wanted
        for kind, changes in (("login", {}), ("task", done))
    ]


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def stirred(sources: Sources) -> Alerts:
    """Return the alerts that opened or closed on the lost days and the seven after."""
    rows: Alerts = (await read_frame(sources.database, ALERTS)).rows()
    return [row for row in rows if row[2] >= LOST[0] or row[3] is not None]


async def test_an_outage_opens_and_closes_no_alert_but_those_of_payments(eve: Sources) -> None:
    before = (await read_frame(eve.database, ALERTS)).rows()
    await lose_events(eve)

    await run_each(eve, LOST[0], LAST)

    assert [row[:2] for row in before] == [("INACTIVITY", GONE)]
    assert await stirred(eve) == [("PAYMENT_RISK", IN_DEBT, LOST[2], None)]


async def test_days_that_are_forced_in_an_outage_alarm_for_nothing(eve: Sources) -> None:
    await lose_events(eve)

    for day in days(LOST[0], LAST):
        await run_days(eve, day, day, force=True)

    opened = {row[1] for row in await stirred(eve) if row[0] == "INACTIVITY"}
    assert opened == set(REGULARS)


async def test_what_is_repaired_after_an_outage_alarms_nobody(troubled: Sources) -> None:
    await lose_events(troubled)
    await run_days(troubled, FIRST, LAST)
    await put_activity(troubled, [*logins(1, LOST), *worked(REGULARS, LOST[1:2])])

    await run_days(troubled, FIRST, LAST)

    assert [row[:2] for row in await stirred(troubled)] == [("PAYMENT_RISK", IN_DEBT)]
