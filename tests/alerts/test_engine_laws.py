"""After any sequence of events the engine has the same episodes as the reference model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.alerts.enums import Severity
from app.alerts.evaluation.state_machine import TRANSITIONS
from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import Verdict
from tests.alerts.academy_model import FIRST, AcademyWorld
from tests.support.scripted_alerts import SubjectDay

pytestmark = pytest.mark.usefixtures("untraced")

USERS, MANY = 8, 48
KNOWN = (False, True, None)
SEEN: Sequence[SubjectDay | None] = (
    None,
    None,
    None,
    *(
        SubjectDay(quit=quits, pay=pays, severity=severity)
        for quits, pays, severity in product(KNOWN, KNOWN, Severity)
    ),
)
"""All conditions that a subject can have on a day; None: it is not live."""
ACADEMIES = count(1)


@dataclass(frozen=True)
class Step:
    """An event of a sequence: `kind` says what happens, on `days` days with the same conditions."""

    kind: str
    days: int
    seen: bytes
    choice: int

    def day_of(self) -> dict[int, SubjectDay]:
        """Return the conditions of the live subjects."""
        day = {user: SEEN[place % len(SEEN)] for user, place in enumerate(self.seen, 1)}
        return {user: seen for user, seen in day.items() if seen is not None}


KINDS = (
    "days",
    "days",
    "again",
    "again",
    "act",
    "act",
    "act",
    "care",
    "low",
    "older",
    "gap",
    "restart",
    "held",
)
STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(KINDS),
        days=st.integers(1, 3),
        seen=st.binary(min_size=USERS, max_size=USERS),
        choice=st.integers(0, 999),
    ),
    max_size=25,
)


async def take(world: AcademyWorld, step: Step) -> None:
    """Take the step, and evaluate the days that it published."""
    if world.newest and step.kind in ("again", "act", "care", "older"):
        await look_back(world, world.newest, step)
        return
    following = (world.newest or FIRST) + timedelta(days=1)
    match step.kind:
        case "low":
            await world.see(following, step.day_of(), Verdict.LOW_VOLUME)
        case "gap":
            await world.see(following + timedelta(days=step.choice % 33), step.day_of())
        case "restart":
            await world.publish(following, step.day_of())
            await world.evaluate_with_a_restart()
        case "held":
            await world.hold(following)
            await world.see(following + timedelta(days=1), step.day_of())
        case _:
            await publish_days(world, following, step)


async def look_back(world: AcademyWorld, newest: date, step: Step) -> None:
    """Act on episodes, or publish a day again."""
    match step.kind:
        case "older":
            await world.see(newest - timedelta(days=step.days), step.day_of())
        case "act":
            for more in range(0, len(step.seen), 8):
                await world.act_on_the_last(step.choice + more)
        case "care":
            for more in range(0, len(step.seen), 8):
                await world.act_on_the_newest(step.choice + more)
            await world.see(newest, step.day_of())
        case _:
            await world.see(newest, step.day_of())


async def publish_days(world: AcademyWorld, first: date, step: Step) -> None:
    """Publish some days, then evaluate them at once."""
    for back in range(step.days):
        await world.publish(first + timedelta(days=back), step.day_of())
    await world.evaluate()


@pytest.mark.law
@given(STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_service_has_the_episodes_of_the_reference(
    database: Database, steps: list[Step]
) -> None:
    world = AcademyWorld(database, next(ACADEMIES))

    for step in steps:
        await take(world, step)
        await world.check()
    await world.check_history()


async def test_a_long_sequence_applies_every_cell_of_the_transition_table(
    database: Database,
) -> None:
    world, random = AcademyWorld(database, 1), Random(3)  # noqa: S311 - the same sequence each time

    for _ in range(90):
        seen = random.randbytes(MANY)
        step = Step(random.choice(KINDS), random.randint(1, 3), seen, random.randint(0, 999))
        await take(world, step)
        await world.check()

    await world.check_history()
    assert set(TRANSITIONS) - set(world.transitions) == set()
