"""An academy whose alerts are evaluated twice: by the service, and by the reference model."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import col, select

from app.alerts.actions.commands import (
    Acknowledge,
    Assign,
    Command,
    Note,
    Reopen,
    Resolve,
    Snooze,
)
from app.alerts.actions.handler import Actor, act_on_alert
from app.alerts.enums import Action, AlertStatus, Resolution
from app.alerts.evaluation.evaluator import DayEvaluation, evaluate
from app.alerts.evaluation.state_machine import DaySignal, EpisodeState
from app.alerts.models import Alert, AlertEvent
from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.runs.ledger.quality_gate import DayState, Verdict
from tests.alerts.reference_model import Reference
from tests.support.scripted_alerts import (
    UTC_ZONE,
    Day,
    ScriptedSource,
    SubjectDay,
    at_two,
    publish,
)

FIRST = date(2024, 1, 1)
WELL, AWAY = SubjectDay(), SubjectDay(quit=True)
ANA = Actor(who="ana", now=at_two(FIRST))
FAR = datetime.max.replace(tzinfo=UTC_ZONE) - timedelta(days=400)
COMMANDS: Mapping[str, Command] = {
    "resolve": Resolve(action=Action.CONTACTED, action_taken="called"),
    "acknowledge": Acknowledge(),
    "snooze": Snooze(until=FAR),
    "assign": Assign(assignee="ana"),
    "note": Note(text="on holiday"),
    "reopen": Reopen(),
}
LEGAL = {
    "OPEN": ("acknowledge", "snooze", "resolve", "assign", "note"),
    "ACKNOWLEDGED": ("snooze", "resolve", "assign", "note"),
    "RESOLVED": ("reopen", "note"),
}


@dataclass
class AcademyWorld:
    database: Database
    academy_id: int
    report: ScriptedSource = field(default_factory=ScriptedSource)
    reference: Reference = field(default_factory=Reference)
    newest: date | None = None
    transitions: Counter[tuple[DaySignal, EpisodeState]] = field(default_factory=Counter)

    async def publish(self, day: date, seen: Day, verdict: Verdict = Verdict.OK) -> None:
        """Publish a day; only the reference evaluates it at once."""
        self.report.script[self.academy_id, day] = seen
        await publish(self.database, self.report.report_type, self.academy_id, day, verdict=verdict)
        if self.newest is None or day >= self.newest:
            again, self.newest = day == self.newest, day
            is_reliable = verdict is Verdict.OK
            self.reference.evaluate(day, seen, is_reliable=is_reliable, again=again)

    async def hold(self, day: date) -> None:
        """Write the ledger row of a day that the quality gate holds."""
        held = {"state": DayState.HELD, "verdict": Verdict.LOW_VOLUME, "revision": None}
        kind = self.report.report_type
        await publish(self.database, kind, self.academy_id, day, **held)

    async def evaluate(self, *, now: datetime | None = None) -> list[DayEvaluation]:
        """Let the service evaluate the days that are due."""
        instant = now or at_two(self.newest or FIRST)
        done = await evaluate(
            self.database,
            self.report,
            [self.academy_id],
            clock=lambda: instant,
            zone=UTC_ZONE,
        )
        for evaluated in done:
            self.transitions.update(evaluated.transitions)
        return list(done)

    async def evaluate_with_a_restart(self) -> None:
        """Let the evaluation of the first day fail, and evaluate again."""
        self.report.fails_in = 0
        try:
            await self.evaluate()
        except SourceDown:
            await self.evaluate()

    async def see(self, day: date, seen: Day, verdict: Verdict = Verdict.OK) -> None:
        """Publish a day and evaluate it."""
        await self.publish(day, seen, verdict)
        await self.evaluate()

    async def alerts(self) -> list[Alert]:
        """List the academy's episodes without those retracted, oldest first."""
        statement = select(Alert).where(
            col(Alert.academy_id) == self.academy_id,
            col(Alert.resolution).is_distinct_from(Resolution.RETRACTED),
        )
        async with self.database.transaction() as session:
            ordered = statement.order_by(col(Alert.triggered_on), col(Alert.id))
            return list((await session.exec(ordered)).all())

    async def events(self) -> Mapping[int, list[AlertEvent]]:
        """Map each of the academy's episodes, including those retracted, to its history."""
        own = select(col(Alert.id)).where(col(Alert.academy_id) == self.academy_id)
        statement = select(AlertEvent).where(col(AlertEvent.alert_id).in_(own))
        found: dict[int, list[AlertEvent]] = defaultdict(list)
        async with self.database.transaction() as session:
            ordered = statement.order_by(col(AlertEvent.alert_id), col(AlertEvent.seq))
            for event in await session.exec(ordered):
                found[event.alert_id].append(event)
        return found

    async def act(self, alert: Alert, command: str) -> None:
        """Execute a command in both, in the morning after the newest day."""
        assert self.newest
        actor = Actor(who="ana", now=at_two(self.newest) + timedelta(hours=6))
        async with self.database.transaction() as session:
            await act_on_alert(session, alert.id, [COMMANDS[command]], actor)
        self.reference.line(alert.user_id, alert.alert_type).act(command, self.newest)

    async def act_on_the_last(self, choice: int) -> None:
        """Execute some legal command on the newest episode of some subject."""
        last = {(a.user_id, a.alert_type): a for a in await self.alerts()}
        await self._act_on_one(last, choice)

    async def act_on_the_newest(self, choice: int) -> None:
        """Execute some legal command on an episode that opened on the newest day."""
        opened = [a for a in await self.alerts() if a.triggered_on == self.newest]
        await self._act_on_one({(a.user_id, a.alert_type): a for a in opened}, choice)

    async def _act_on_one(self, last: Mapping[tuple[int, str], Alert], choice: int) -> None:
        if last:
            alert = last[sorted(last)[choice % len(last)]]
            legal = LEGAL[alert.status]
            await self.act(alert, legal[choice // len(last) % len(legal)])

    async def snapshot(self) -> Mapping[tuple[int, str], list[tuple[object, ...]]]:
        """Return the episodes of the service, comparable to `Reference.snapshot`."""
        found: dict[tuple[int, str], list[tuple[object, ...]]] = defaultdict(list)
        for alert in await self.alerts():
            found[alert.user_id, alert.alert_type].append(compared_fields(alert))
        return found

    async def check(self) -> None:
        """Check that the service has the same episodes as the reference."""
        assert await self.snapshot() == self.reference.snapshot()

    async def check_history(self) -> None:
        """Check that each history is numbered and ends as its episode does."""
        histories = await self.events()
        for alert in await self.alerts():
            history = histories[alert.id]
            assert [event.seq for event in history] == list(range(1, len(history) + 1))
            ends = [event for event in history if event.what in ("OPENED", "REOPENED", "RESOLVED")]
            is_over = ends[-1].what == "RESOLVED"
            assert is_over == (alert.status is AlertStatus.RESOLVED)


def compared_fields(alert: Alert) -> tuple[object, ...]:
    return (
        alert.triggered_on,
        alert.opened_on,
        alert.last_seen_on,
        alert.known_on,
        str(alert.severity),
        alert.status,
        alert.resolution,
        alert.resolved_on,
        alert.occurrences,
        alert.clear_days,
        alert.snoozed_until is not None,
    )


def day(number: int) -> date:
    """Return the day so many days after the first."""
    return FIRST + timedelta(days=number)
