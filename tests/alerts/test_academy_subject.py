"""Alerts whose subject is the academy itself."""

from datetime import timedelta

import pytest

from app.alerts.contract import ACADEMY_USER_ID
from app.alerts.enums import AlertStatus, AlertSubject
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.listing import list_page
from app.kit.db.engine import Database
from tests.alerts.academy_model import (
    AWAY,
    WELL,
    AcademyWorld,
    day,
)
from tests.support.scripted_alerts import ScriptedSource, at_two


def academy_world(database: Database) -> AcademyWorld:
    """Return an academy with a source of alerts about academies."""
    return AcademyWorld(database, 1, ScriptedSource(subject=AlertSubject.ACADEMY))


async def test_the_episode_of_an_academy_is_listed_without_a_learner(database: Database) -> None:
    world = academy_world(database)
    await world.see(day(0), {ACADEMY_USER_ID: AWAY})

    async with database.transaction() as session:
        connection = await session.connection()
        alerts = AlertFilter(report_types=["scripted"], may_name=True)
        (listed,) = await list_page(connection, alerts, now=at_two(day(0)), limit=10)

    row = listed.row
    assert (row["academy_id"], row["alert_type"]) == (1, "QUIT")
    assert (row["user_id"], row["email"], row["full_name"]) == (None, None, None)


async def test_the_episode_of_an_academy_is_followed_like_that_of_a_learner(
    database: Database,
) -> None:
    world = academy_world(database)
    for number, seen in enumerate([AWAY, AWAY, WELL, WELL]):
        await world.see(day(number), {ACADEMY_USER_ID: seen})

    (alert,) = await world.alerts()

    assert (alert.status, alert.occurrences) == (AlertStatus.RESOLVED, 2)
    assert alert.resolved_on == day(0) + timedelta(days=3)


@pytest.mark.parametrize(
    ("subject", "user_id"), [(AlertSubject.ACADEMY, 7), (AlertSubject.LEARNER, ACADEMY_USER_ID)]
)
async def test_a_condition_of_another_subject_than_the_sources_is_refused(
    database: Database, subject: AlertSubject, user_id: int
) -> None:
    world = AcademyWorld(database, 1, ScriptedSource(subject=subject))

    with pytest.raises(ValueError, match=f"user_id {user_id}"):
        await world.see(day(0), {user_id: AWAY})
