"""The same episodes the slow and obvious way: one subscriber and alert type at a time."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

from app.alerts.enums import Severity
from app.alerts.rules.rule import Rule
from tests.support.scripted import PAY, QUIT, RULES, Day

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
class Doings:
    """What people made of an episode since the newest day was evaluated."""

    status: str
    resolution: str | None
    resolved_on: date | None
    asleep: bool
    is_decided: bool


@dataclass
class Line:
    """All episodes of one subscriber and alert type, oldest first."""

    rule: Rule
    episodes: list[Episode] = field(default_factory=list)
    before: list[Episode] = field(default_factory=list)
    doings: dict[int, Doings] = field(default_factory=dict)
    made: int = 0

    @property
    def last(self) -> Episode | None:
        return self.episodes[-1] if self.episodes else None

    def begin(self, day: date, *, again: bool) -> Episode | None:
        """Go back to before the day; return the newborn episode that people care for."""
        if not again:
            self.before, self.doings = deepcopy(self.episodes), {}
            return None
        touched = [ep for ep in self.episodes if ep.number in self.doings]
        known = {ep.number for ep in self.before}
        self.episodes = deepcopy(self.before)
        for episode in self.episodes:
            doings = self.doings.get(episode.number)
            if doings and doings.status != "RESOLVED" and not episode.is_open:
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
        """Let stand what people made of the episodes."""
        for episode in self.episodes:
            doings = self.doings.get(episode.number)
            if doings is None or (episode is left and doings.status != "RESOLVED"):
                continue
            episode.status, episode.resolution = doings.status, doings.resolution
            episode.resolved_on, episode.asleep = doings.resolved_on, doings.asleep
            if doings.is_decided:
                episode.clear_days = 0

    def add(self, severity: Severity, day: date) -> None:
        self.made += 1
        episode = Episode(severity, day, day, day, day, number=self.made)
        self.episodes.append(episode)

    def evaluate(
        self, day: date, severity: Severity, *, fires: bool | None, live: bool, again: bool
    ) -> None:
        newborn = self.begin(day, again=again)
        last = self.last
        left = last if last and last.is_open and not live else None
        if not live:
            self.gone(day)
        elif fires:
            self.fire(day, severity, newborn)
        elif fires is False:
            self.clear(day, newborn)
        elif last and last.is_open and not newborn and (day - last.known_on).days >= 14:
            last.close("NO_DATA", day)
        self.end(left=left)

    def gone(self, day: date) -> None:
        last = self.last
        if last and last.is_open:
            last.close("LEFT", day)
        elif last and self.is_resting(last):
            last.clear_days += 1
            last.known_on = day

    def fire(self, day: date, severity: Severity, newborn: Episode | None) -> None:
        last = self.last
        if newborn:
            newborn.severity, newborn.occurrences, newborn.clear_days = severity, 1, 0
            newborn.opened_on = newborn.last_seen_on = newborn.known_on = day
        elif last and last.is_open:
            if ORDER.index(severity) > ORDER.index(last.severity):
                last.status, last.asleep = "OPEN", False
            last.see(severity, day)
        elif last and self.has_just_ended(last, day):
            last.open_again()
            last.see(severity, day)
            last.opened_on = day
        elif last and last.resolution == "MANUAL" and not self.speaks(last, severity, day):
            if self.is_resting(last):
                last.clear_days, last.known_on = 0, day
        else:
            self.add(severity, day)

    def clear(self, day: date, newborn: Episode | None) -> None:
        last = self.last
        if last and (last.is_open or self.is_resting(last)):
            last.clear_days += 1
            last.known_on = day
            enough = last.clear_days >= self.rule.clear_days
            if last.is_open and enough and not newborn:
                last.close("AUTO", day)

    def has_just_ended(self, last: Episode, day: date) -> bool:
        ended = last.resolution in ("AUTO", "NO_DATA")
        return ended and last.resolved_on is not None and (day - last.resolved_on).days <= 30

    def is_resting(self, last: Episode) -> bool:
        return last.resolution == "MANUAL" and last.clear_days < self.rule.clear_days

    def speaks(self, last: Episode, severity: Severity, day: date) -> bool:
        """Whether one resolved by hand no longer keeps quiet."""
        assert last.resolved_on
        crosses = severity == "CRITICAL" and last.severity != "CRITICAL"
        passed = (day - last.resolved_on).days >= self.rule.quiet_days
        return crosses or (passed and not self.is_resting(last))

    def act(self, deed: str, day: date) -> None:
        """Do a legal deed to the last episode."""
        last = self.last
        assert last
        was_open = last.is_open
        if deed == "resolve":
            last.close("MANUAL", day)
            last.clear_days = 0
        elif deed == "reopen":
            last.open_again()
            last.clear_days, last.opened_on = 0, day
            last.known_on = max(last.known_on, day)
        elif deed == "acknowledge":
            last.status = "ACKNOWLEDGED"
        elif deed == "snooze":
            last.asleep = True
        if not was_open and not last.is_open:
            return
        earlier = self.doings.get(last.number)
        decided = was_open != last.is_open or bool(earlier and earlier.is_decided)
        self.doings[last.number] = Doings(
            last.status, last.resolution, last.resolved_on, last.asleep, decided
        )


class Reference:
    """An academy: a line for each subscriber and alert type."""

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
        """Return what is compared, of each line with episodes."""
        return {
            key: [told(episode) for episode in line.episodes]
            for key, line in self.lines.items()
            if line.episodes
        }


def told(episode: Episode) -> tuple[object, ...]:
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
