"""The results of alerts, and their precision."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select, update

from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import Actor, act_on_alert
from app.alerts.enums import Action, AlertOrigin, Result
from app.alerts.models import Alert
from app.alerts.outcomes.outcomes import (
    StatsSelection,
    TypeStats,
    count_by_type,
    wilson_interval,
    write_results,
)
from app.kit.db.engine import Database
from app.runs.models import ReportDay
from app.sources.subscriptions.models import SubscriptionVersion
from app.sources.subscriptions.statuses import EndReason, SubscriptionStatus
from tests.alerts.academy_model import FIRST, AcademyWorld
from tests.support.rows import at
from tests.support.scripted_alerts import (
    UTC_ZONE,
    ScriptedSource,
    SubjectDay,
    at_two,
)

AWAY = SubjectDay(quit=True)
OVER = FIRST + timedelta(days=31)


async def subscribed(database: Database, user_id: int, **changes: object) -> None:
    """Write a subscription in academy 1 that began long before."""
    began = at("2023-01-01")
    values: dict[str, object] = {
        "subscription_id": f"s{user_id}",
        "user_id": user_id,
        "academy_id": 1,
        "status": SubscriptionStatus.ACTIVE,
        "started_at": began,
        "end_reason_given": False,
        "effective_from": began,
        "observed_at": began,
    }
    async with database.transaction() as session:
        session.add(SubscriptionVersion.model_validate(values | changes))


async def left(database: Database, user_id: int, day: date, **changes: object) -> None:
    """Write a subscription that was cancelled on a day."""
    cancelled = at(day.isoformat())
    values: dict[str, object] = {
        "status": SubscriptionStatus.CANCELLED,
        "cancelled_at": cancelled,
        "effective_from": cancelled,
        "end_reason": EndReason.VOLUNTARY,
    }
    await subscribed(database, user_id, **(values | changes))


async def result_of(world: AcademyWorld, today: date = OVER) -> Result:
    await write_results(world.database, world.report, today=today, zone=UTC_ZONE)
    async with world.database.transaction() as session:
        return (await session.exec(select(col(Alert.result)))).one()


@pytest.mark.parametrize(
    ("days", "reason", "result"),
    [
        (1, EndReason.VOLUNTARY, Result.LEFT),
        (30, EndReason.INVOLUNTARY, Result.LEFT),
        (0, EndReason.VOLUNTARY, Result.STAYED),
        (31, EndReason.VOLUNTARY, Result.STAYED),
        (5, EndReason.TRIAL_ENDED, Result.STAYED),
        (5, EndReason.COMPLETED, Result.COMPLETED),
    ],
)
async def test_the_result_is_the_outcome_within_thirty_days(
    database: Database, days: int, reason: EndReason, result: Result
) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {1: AWAY})
    await left(database, 1, FIRST + timedelta(days=days), end_reason=reason)

    assert await result_of(world) is result


async def test_the_result_is_pending_until_the_result_days_are_over(database: Database) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {1: AWAY})

    assert await result_of(world, OVER - timedelta(days=1)) is Result.PENDING
    assert await result_of(world) is Result.STAYED


async def test_a_learner_who_changes_the_plan_has_not_left(database: Database) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {1: AWAY})
    changed = FIRST + timedelta(days=5)
    await left(database, 1, changed)
    began = at(changed.isoformat(), "11:00")
    await subscribed(database, 1, subscription_id="new", started_at=began, effective_from=began)

    assert await result_of(world) is Result.STAYED


async def test_a_learner_who_leaves_another_academy_has_not_left_this_one(
    database: Database,
) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {1: AWAY})
    await left(database, 1, FIRST + timedelta(days=5), academy_id=2)

    assert await result_of(world) is Result.STAYED


async def counted(database: Database, today: date = OVER) -> list[TypeStats]:
    selection = StatsSelection(first=FIRST, last=FIRST + timedelta(days=60))
    async with database.transaction() as session:
        return list(
            await count_by_type(session, ScriptedSource(), selection, today=today, zone=UTC_ZONE)
        )


async def test_the_precision_is_compared_with_the_rate_of_all_learners(database: Database) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {user: AWAY if user <= 4 else SubjectDay() for user in range(1, 21)})
    async with database.transaction() as session:
        await session.exec(update(ReportDay).values(rows=20))
    for user in (1, 2, 3, 20):
        await left(database, user, FIRST + timedelta(days=user))

    (found,) = await counted(database)

    assert (found.origin, found.opened, found.judged) == (AlertOrigin.INITIAL, 4, 4)
    assert (found.churned, found.precision) == (3, 0.75)
    assert found.expected == pytest.approx(4 * 4 / 20)
    assert found.base_rate == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.301, 0.954), abs=1e-3)


async def test_younger_episodes_are_counted_but_not_judged(database: Database) -> None:
    world = AcademyWorld(database, 1)
    await world.see(FIRST, {1: AWAY})
    async with database.transaction() as session:
        await session.exec(update(ReportDay).values(rows=1))

    (found,) = await counted(database, OVER - timedelta(days=1))

    assert (found.opened, found.judged, found.precision) == (1, 0, None)


async def test_episodes_are_counted_by_how_they_ended(database: Database) -> None:
    world = AcademyWorld(database, 1)
    for number, seen in enumerate([AWAY, AWAY, SubjectDay(), SubjectDay()]):
        await world.see(FIRST + timedelta(days=number), {1: seen, 2: AWAY, 3: AWAY})
    called = Resolve(action=Action.CONTACTED)
    second = next(alert for alert in await world.alerts() if alert.user_id == 2)
    async with database.transaction() as session:
        await act_on_alert(session, second.id, [called], Actor(who="ana", now=at_two(FIRST)))

    (found,) = await counted(database)

    assert (found.opened, found.still_open, found.by_hand, found.by_itself) == (3, 1, 1, 1)
    assert (found.contacted, found.result_pending) == (1, 3)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=1e-4)
