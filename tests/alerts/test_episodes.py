"""The episodes that a success team sees, for one learner or a whole academy."""

import asyncio
from collections.abc import Callable
from random import Random

import pytest
from sqlmodel import select

from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import act_on_alerts
from app.alerts.enums import (
    AlertOrigin,
    AlertStatus,
    Resolution,
    Severity,
)
from app.alerts.evaluation.evaluator import evaluate
from app.alerts.models import AlertDayCount
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.runs import store as runs
from app.runs.ledger.quality_gate import Verdict
from tests.alerts.academy_model import (
    ANA,
    AWAY,
    WELL,
    AcademyWorld,
    day,
)
from tests.support.run_records import new_run, run_request
from tests.support.scripted_alerts import (
    UTC_ZONE,
    Day,
    ScriptedSource,
    SubjectDay,
    at_two,
)

pytestmark = pytest.mark.usefixtures("untraced")


async def run_for(world: AcademyWorld, days: int, seen: Callable[[int], Day]) -> None:
    for number in range(days):
        await world.see(day(number), seen(number))


async def test_a_condition_that_flickers_for_sixty_days_makes_one_episode(
    world: AcademyWorld,
) -> None:
    random = Random(7)  # noqa: S311 - the same sequence each time

    await run_for(world, 60, lambda _: {1: random.choice([WELL, AWAY])})

    (alert,) = await world.alerts()
    assert alert.triggered_on <= day(3)
    assert alert.occurrences > 20


async def test_alerts_resolved_every_morning_come_back_less_often(database: Database) -> None:
    untouched, tended = AcademyWorld(database, 1), AcademyWorld(database, 2)
    for world in (untouched, tended):
        random = Random(7)  # noqa: S311 - both see the same
        people = [random.choice([0.2, 0.5, 0.8]) for _ in range(40)]
        for number in range(60):
            seen = {u: AWAY if random.random() < p else WELL for u, p in enumerate(people, 1)}
            await world.see(day(number), seen)
            if world is tended:
                await resolve_all(world)

    assert await times_opened(tended) < await times_opened(untouched) / 2


async def resolve_all(world: AcademyWorld) -> None:
    open_ones = [alert.id for alert in await world.alerts() if alert.status is AlertStatus.OPEN]
    async with world.database.transaction() as session:
        await act_on_alerts(session, dict.fromkeys(open_ones), [Resolve()], ANA)


async def times_opened(world: AcademyWorld) -> int:
    """Count how often an episode opened or reopened."""
    histories = (await world.events()).values()
    return sum(event.what in ("OPENED", "REOPENED") for events in histories for event in events)


async def test_unreliable_days_open_and_close_no_episode_of_behaviour(world: AcademyWorld) -> None:
    await run_for(world, 3, lambda _: {1: AWAY, 2: WELL})
    for number in range(3, 13):
        await world.see(day(number), {1: WELL, 2: AWAY}, Verdict.WINDOW_HOLE)

    (alert,) = await world.alerts()
    assert (alert.user_id, alert.status, alert.last_seen_on) == (1, AlertStatus.OPEN, day(2))


async def test_a_backfill_makes_the_same_episodes_as_daily_runs(database: Database) -> None:
    daily, filled = AcademyWorld(database, 1), AcademyWorld(database, 2)
    random = Random(11)  # noqa: S311 - the same sequence each time
    script = [{u: random.choice([WELL, AWAY]) for u in range(1, 21)} for _ in range(60)]
    await run_for(daily, 60, script.__getitem__)
    for number, seen in enumerate(script):
        await filled.publish(day(number), seen)

    await filled.evaluate()

    assert await filled.snapshot() == await daily.snapshot()
    assert len(await filled.snapshot()) == 20
    origins = {alert.origin for alert in await filled.alerts()}
    assert origins == {AlertOrigin.INITIAL, AlertOrigin.BACKFILL}


async def test_of_eight_concurrent_evaluations_one_evaluates_each_day(world: AcademyWorld) -> None:
    for number in range(5):
        await world.publish(day(number), {1: AWAY})

    done = await asyncio.gather(*(world.evaluate() for _ in range(8)))

    assert sum(len(days) for days in done) == 5
    await world.check()


async def test_a_failing_academy_does_not_stop_the_others(
    database: Database,
) -> None:
    report = ScriptedSource(fails_in=0)
    worlds = [AcademyWorld(database, academy_id, report) for academy_id in (1, 2)]
    for world in worlds:
        await world.publish(day(0), {1: AWAY})

    with pytest.raises(SourceDown):
        await evaluate(database, report, None, clock=lambda: at_two(day(0)), zone=UTC_ZONE)

    assert sum([len(await world.alerts()) for world in worlds]) == 1


async def test_the_evaluation_waits_for_a_day_that_a_run_has_still_to_publish(
    world: AcademyWorld,
) -> None:
    request = run_request(report_type="scripted", day_from=day(1), day_to=day(1))
    run = await new_run(world.database, request)
    for number in range(3):
        await world.publish(day(number), {1: AWAY})

    assert [evaluated.day for evaluated in await world.evaluate()] == [day(0)]

    async with world.database.transaction() as session:
        await runs.request_cancel(session, run.id, ANA.now)
    assert [evaluated.day for evaluated in await world.evaluate()] == [day(1), day(2)]


async def test_a_day_before_the_watermark_changes_no_episode(world: AcademyWorld) -> None:
    await run_for(world, 3, lambda _: {1: AWAY})
    before = await world.snapshot()

    await world.see(day(1), {1: WELL, 2: AWAY})

    assert await world.snapshot() == before


async def test_an_episode_that_the_corrected_day_does_not_open_is_retracted(
    world: AcademyWorld,
) -> None:
    await world.see(day(0), {1: WELL})
    await world.see(day(1), {1: AWAY})

    await world.see(day(1), {1: WELL})

    assert await world.alerts() == []
    ((opened, retracted),) = (await world.events()).values()
    assert (opened.what, retracted.became) == ("OPENED", Resolution.RETRACTED)


async def test_an_episode_that_people_acted_on_is_not_retracted(world: AcademyWorld) -> None:
    await world.see(day(0), {1: AWAY})
    await world.act((await world.alerts())[0], "acknowledge")

    await world.see(day(0), {1: WELL})

    (alert,) = await world.alerts()
    assert (alert.status, alert.clear_days) == (AlertStatus.ACKNOWLEDGED, 1)


async def test_a_higher_severity_ends_the_snooze(world: AcademyWorld) -> None:
    await world.see(day(0), {1: AWAY})
    (alert,) = await world.alerts()
    await world.act(alert, "acknowledge")
    await world.act(alert, "snooze")

    await world.see(day(1), {1: SubjectDay(quit=True, severity=Severity.CRITICAL)})

    (alert,) = await world.alerts()
    assert (alert.status, alert.snoozed_until) == (AlertStatus.OPEN, None)
    assert alert.severity is Severity.CRITICAL


async def test_the_day_counts_count_opened_closed_and_open_episodes(world: AcademyWorld) -> None:
    await world.see(day(0), {1: AWAY, 2: SubjectDay(pay=True, severity=Severity.CRITICAL)})
    await world.see(day(1), {1: AWAY})

    async with world.database.transaction() as session:
        first, second = (await session.exec(select(AlertDayCount))).all()
    assert (first.opened, first.closed, first.high, first.critical) == (2, 0, 1, 1)
    assert (second.opened, second.closed, second.high, second.critical) == (0, 1, 1, 0)


async def test_an_academy_without_live_learners_ends_its_episodes(world: AcademyWorld) -> None:
    await world.see(day(0), {1: AWAY})
    whole = AcademyWorld(world.database, 0, report=world.report)
    await whole.publish(day(1), {})

    await world.evaluate(now=at_two(day(1)))

    (alert,) = await world.alerts()
    assert alert.resolution is Resolution.LEFT
