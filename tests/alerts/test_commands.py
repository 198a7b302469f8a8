"""Commands on alerts: concurrent ones, several alerts at once, and the history."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.alerts.actions.commands import (
    Acknowledge,
    Note,
    Reopen,
    Resolve,
)
from app.alerts.actions.handler import (
    Actor,
    StaleVersion,
    act_on_alert,
    act_on_alerts,
)
from app.alerts.enums import Action, AlertStatus, Severity
from app.alerts.models import Alert, AlertEvent
from app.kit.errors import Conflict, NotFound
from tests.alerts.academy_model import (
    ANA,
    AWAY,
    AcademyWorld,
    day,
)
from tests.support.scripted_alerts import SubjectDay, at_two


async def one_alert(world: AcademyWorld) -> Alert:
    await world.see(day(0), {1: AWAY})
    return (await world.alerts())[0]


async def test_of_two_concurrent_changes_one_raises_stale_version(world: AcademyWorld) -> None:
    alert = await one_alert(world)

    async def change(who: str) -> object:
        actor = Actor(who=who, now=at_two(day(0)))
        async with world.database.transaction() as session:
            return await act_on_alert(
                session, alert.id, [Note(text=who)], actor, version=alert.version
            )

    ends = await asyncio.gather(change("ana"), change("bo"), return_exceptions=True)

    assert {type(end) for end in ends} == {Alert, StaleVersion}
    history = (await world.events())[alert.id]
    assert [event.seq for event in history] == [1, 2]


async def test_a_bulk_change_and_a_change_of_one_exclude_each_other(world: AcademyWorld) -> None:
    alert = await one_alert(world)
    resolve, note = [Resolve(action=Action.CONTACTED)], [Note(text="called")]

    async def change(commands: list[Resolve] | list[Note]) -> object:
        async with world.database.transaction() as session:
            return await act_on_alerts(session, {alert.id: alert.version}, commands, ANA)

    ends = await asyncio.gather(change(resolve), change(note), return_exceptions=True)

    assert sum(isinstance(end, StaleVersion) for end in ends) == 1
    assert len((await world.events())[alert.id]) == 2


async def test_a_bulk_change_changes_all_alerts_or_none(world: AcademyWorld) -> None:
    await world.see(day(0), {1: AWAY, 2: AWAY})
    first, second = await world.alerts()
    await world.act(first, "resolve")
    both: dict[int, int | None] = {second.id: None, first.id: None}

    with pytest.raises(Conflict, match=r"RESOLVED.*reopened, noted") as raised:
        async with world.database.transaction() as session:
            await act_on_alerts(session, both, [Resolve()], ANA)

    assert [fault.pointer for fault in raised.value.faults] == ["/alerts/1"]
    assert (await world.alerts())[1].status is AlertStatus.OPEN


async def test_an_alert_of_another_academy_is_not_found(world: AcademyWorld) -> None:
    alert = await one_alert(world)
    stranger = Actor(who="eve", now=ANA.now, academies=[2])

    with pytest.raises(NotFound):
        async with world.database.transaction() as session:
            await act_on_alert(session, alert.id, [Acknowledge()], stranger)


async def test_only_the_newest_episode_of_a_type_can_be_reopened(world: AcademyWorld) -> None:
    alert = await one_alert(world)
    await world.act(alert, "resolve")
    await world.see(day(1), {1: SubjectDay(quit=True, severity=Severity.CRITICAL)})

    with pytest.raises(Conflict, match="newer"):
        async with world.database.transaction() as session:
            await act_on_alert(session, alert.id, [Reopen()], ANA)


@pytest.mark.parametrize(
    "statement", ["UPDATE alert_events SET what = 'NOTED'", "DELETE FROM alert_events"]
)
async def test_history_entries_cannot_be_changed(world: AcademyWorld, statement: str) -> None:
    await one_alert(world)

    with pytest.raises(DBAPIError, match="only ever appended"):
        async with world.database.transaction() as session:
            await (await session.connection()).execute(text(statement))


async def test_the_history_is_deleted_with_its_alert(world: AcademyWorld) -> None:
    await one_alert(world)

    async with world.database.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM alerts"))
        assert (await session.exec(select(AlertEvent))).all() == []
