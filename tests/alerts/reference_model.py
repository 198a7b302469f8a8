"""A reference model of the evaluation: simple and slow, one subject and alert type at a time."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

from app.alerts.enums import Severity
from app.alerts.rules.rule import Rule
from tests.support.scripted_alerts import (
    PAY,
    QUIT,
    RULES,
    Day,
)

ORDER = list(Severity)


@dataclass
class Episode:
    severity: Severity
    triggered_on: date
    opened_on: date
    last_seen_on: date
    known_on: date
    status: str = "OPEN"
    resolution: str | None = None
    resolved_on: date | None = None
    occurrences: int = 1
    clear_days: int = 0
    asleep: bool = False
    number: int = 0

    @property
    def is_open(self) -> bool:
        return self.status != "RESOLVED"

    def close(self, resolution: str, day: date) -> None:
        self.status, self.resolution, self.resolved_on = "RESOLVED", resolution, day
        self.asleep = False

    def open_again(self) -> None:
        self.status, self.resolution, self.resolved_on, self.asleep = "OPEN", None, None, False

    def see(self, severity: Severity, day: date) -> None:
        self.last_seen_on = self.known_on = day
        self.occurrences += 1
        self.clear_days = 0
        self.severity = max(self.severity, severity, key=ORDER.index)


@dataclass
class ActedState:
    """An episode as people left it since the newest day was evaluated."""

    status: str
    resolution: str | None
    resolved_on: date | None
    asleep: bool
    is_decided: bool


@dataclass
class Line:
    """All episodes of one subject and alert type, oldest first."""

    rule: Rule
    episodes: list[Episode] = field(default_factory=list)
    before: list[Episode] = field(default_factory=list)
    actions: dict[int, ActedState] = field(default_factory=dict)
    made: int = 0

    @property
    def last(self) -> Episode | None:
        return self.episodes[-1] if self.episodes else None

    def begin(self, day: date, *, again: bool) -> Episode | None:
        """Restore the episodes before the day; return one it opened that was acted on."""
        if not again:
            self.before, self.actions = deepcopy(self.episodes), {}
            return None
        touched = [ep for ep in self.episodes if ep.number in self.actions]
        known = {ep.number for ep in self.before}
        self.episodes = deepcopy(self.before)
        for episode in self.episodes:
            actions = self.actions.get(episode.number)
            if actions and actions.status != "RESOLVED" and not episode.is_open:
                episode.open_again()
                episode.clear_days = 0
                episode.opened_on = episode.known_on = day
        for episode in touched:
            if episode.number not in known:
                episode.open_again()
                episode.clear_days = 0
                episode.opened_on = episode.known_on = day
                self.episodes.append(episode)
                return episode
        return None

    def end(self, *, left: Episode | None) -> None:
        """Restore what people did to the episodes."""
        for episode in self.episodes:
            actions = self.actions.get(episode.number)
            if actions is None or (episode is left and actions.status != "RESOLVED"):
                continue
            episode.status, episode.resolution = actions.status, actions.resolution
            episode.resolved_on, episode.asleep = actions.resolved_on, actions.asleep
            if actions.is_decided:
                episode.clear_days = 0

    def add(self, severity: Severity, day: date) -> None:
        self.made += 1
        episode = Episode(severity, day, day, day, day, number=self.made)
        self.episodes.append(episode)

    def evaluate(
        self, day: date, severity: Severity, *, fires: bool | None, live: bool, again: bool
    ) -> None:
        touched_new = self.begin(day, again=again)
        last = self.last
        left = last if last and last.is_open and not live else None
        if not live:
            self.end_of_subject(day)
        elif fires:
            self.fire(day, severity, touched_new)
        elif fires is False:
            self.clear(day, touched_new)
        elif last and last.is_open and not touched_new and (day - last.known_on).days >= 14:
            last.close("NO_DATA", day)
        self.end(left=left)

    def end_of_subject(self, day: date) -> None:
        last = self.last
        if last and last.is_open:
            last.close("LEFT", day)
        elif last and self.is_resting(last):
            last.clear_days += 1
            last.known_on = day

    def fire(self, day: date, severity: Severity, touched_new: Episode | None) -> None:
        last = self.last
        if touched_new:
            touched_new.severity, touched_new.occurrences, touched_new.clear_days = severity, 1, 0
            touched_new.opened_on = touched_new.last_seen_on = touched_new.known_on = day
        elif last and last.is_open:
            if ORDER.index(severity) > ORDER.index(last.severity):
                last.status, last.asleep = "OPEN", False
            last.see(severity, day)
        elif last and self.has_just_ended(last, day):
            last.open_again()
            last.see(severity, day)
            last.opened_on = day
        elif last and last.resolution == "MANUAL" and not self.opens_again(last, severity, day):
            if self.is_resting(last):
                last.clear_days, last.known_on = 0, day
        else:
            self.add(severity, day)

    def clear(self, day: date, touched_new: Episode | None) -> None:
        last = self.last
        if last and (last.is_open or self.is_resting(last)):
            last.clear_days += 1
            last.known_on = day
            enough = last.clear_days >= self.rule.clear_days
            if last.is_open and enough and not touched_new:
                last.close("AUTO", day)

    def has_just_ended(self, last: Episode, day: date) -> bool:
        ended = last.resolution in ("AUTO", "NO_DATA")
        return ended and last.resolved_on is not None and (day - last.resolved_on).days <= 30

    def is_resting(self, last: Episode) -> bool:
        return last.resolution == "MANUAL" and last.clear_days < self.rule.clear_days

    def opens_again(self, last: Episode, severity: Severity, day: date) -> bool:
        """Return whether a new episode may follow one that was resolved by hand."""
        assert last.resolved_on
        crosses = severity == "CRITICAL" and last.severity != "CRITICAL"
        passed = (day - last.resolved_on).days >= self.rule.quiet_days
        return crosses or (passed and not self.is_resting(last))

    def act(self, command: str, day: date) -> None:
        """Execute a legal command on the last episode."""
        last = self.last
        assert last
        was_open = last.is_open
        if command == "resolve":
            last.close("MANUAL", day)
            last.clear_days = 0
        elif command == "reopen":
            last.open_again()
            last.clear_days, last.opened_on = 0, day
            last.known_on = max(last.known_on, day)
        elif command == "acknowledge":
            last.status = "ACKNOWLEDGED"
        elif command == "snooze":
            last.asleep = True
        if not was_open and not last.is_open:
            return
        earlier = self.actions.get(last.number)
        decided = was_open != last.is_open or bool(earlier and earlier.is_decided)
        self.actions[last.number] = ActedState(
            last.status, last.resolution, last.resolved_on, last.asleep, decided
        )


class Reference:
    """An academy: a line of episodes for each subject and alert type."""

    def __init__(self) -> None:
        self.lines: dict[tuple[int, str], Line] = {}

    def line(self, user: int, kind: str) -> Line:
        return self.lines.setdefault((user, kind), Line(RULES[kind]))

    def evaluate(self, day: date, seen: Day, *, is_reliable: bool, again: bool) -> None:
        users = {user for user, _ in self.lines} | set(seen)
        for user in users:
            for kind in (QUIT, PAY):
                here = seen.get(user)
                fires = here.fires(kind, is_reliable=is_reliable) if here else None
                severity = here.severity if here else Severity.LOW
                line = self.line(user, kind)
                line.evaluate(day, severity, fires=fires, live=here is not None, again=again)

    def snapshot(self) -> Mapping[tuple[int, str], list[tuple[object, ...]]]:
        """Return the compared fields of the episodes of each line."""
        return {
            key: [compared_fields(episode) for episode in line.episodes]
            for key, line in self.lines.items()
            if line.episodes
        }


def compared_fields(episode: Episode) -> tuple[object, ...]:
    return (
        episode.triggered_on,
        episode.opened_on,
        episode.last_seen_on,
        episode.known_on,
        str(episode.severity),
        episode.status,
        episode.resolution,
        episode.resolved_on,
        episode.occurrences,
        episode.clear_days,
        episode.asleep,
    )
