"""What people can do to an episode: pure, one deed after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import assert_never

from app.alerts.enums import (
    Action,
    AlertStatus,
    EventType,
    Resolution,
)
from app.kit.errors import Conflict, Fault, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Close it by hand: what was done, as a kind and in words."""

    action: Action | None = None
    action_taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Say that somebody is on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Let it sleep until an instant; None wakes it."""

    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give it to somebody, or to nobody."""

    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Write something into its history."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Open it again by hand."""


Command = Resolve | Acknowledge | Snooze | Assign | Note | Reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Who acts, when, and the newest evaluated day of the academy at that time."""

    who: str
    now: datetime
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSnapshot:
    """What a deed may change of an episode."""

    status: AlertStatus
    resolution: Resolution | None
    resolved_at: datetime | None
    resolved_on: date | None
    snoozed_until: datetime | None
    assignee: str | None
    action: Action | None
    action_taken: str | None
    clear_days: int
    opened_on: date
    known_on: date
    watched_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a deed adds to the history."""

    what: EventType
    was: str | None = None
    became: str | None = None
    note: str | None = None


LEGAL: Mapping[AlertStatus, tuple[type[Command], ...]] = MappingProxyType(
    {
        AlertStatus.OPEN: (Acknowledge, Snooze, Resolve, Assign, Note),
        AlertStatus.ACKNOWLEDGED: (Snooze, Resolve, Assign, Note),
        AlertStatus.RESOLVED: (Reopen, Note),
    }
)
"""What can be done to an episode, by where it stands."""


def check_command(standing: EpisodeSnapshot, deed: Command) -> None:
    """Raise `Conflict` naming what is legal, or `Invalid`, unless the deed can be done."""
    legal = LEGAL[standing.status]
    if not isinstance(deed, legal):
        wanted, named = _name(type(deed)), ", ".join(_name(kind) for kind in legal)
        message = f"It is {standing.status}, so it cannot be {wanted}; it can be {named}."
        raise Conflict(message, code="illegal_transition")


def check_ahead(deed: Command, now: datetime) -> None:
    """Raise `Invalid` for a sleep that is over already."""
    if isinstance(deed, Snooze) and deed.until is not None and deed.until <= now:
        message = "The instant until which it sleeps must lie ahead."
        fault = Fault(pointer="/snoozed_until", message=message)
        raise Invalid(message, code="snooze_in_the_past", faults=[fault])


def do(standing: EpisodeSnapshot, deed: Command, doing: Doing) -> tuple[EpisodeSnapshot, Entry]:
    """Return the episode after a deed, and what its history tells of it.

    Raises `Conflict` naming what is legal, or `Invalid`.
    """
    check_command(standing, deed)
    check_ahead(deed, doing.now)
    after = standing
    match deed:
        case Resolve():
            after, entry = _resolve(standing, deed, doing)
        case Reopen():
            after, entry = _reopen(standing, doing)
        case Acknowledge():
            after = replace(standing, status=AlertStatus.ACKNOWLEDGED)
            entry = Entry(what=EventType.ACKNOWLEDGED, was=standing.status, became=after.status)
        case Snooze(until=until):
            after = replace(standing, snoozed_until=until)
            was, became = _iso(standing.snoozed_until), _iso(until)
            entry = Entry(what=EventType.SNOOZED, was=was, became=became)
        case Assign(assignee=assignee):
            after = replace(standing, assignee=assignee)
            entry = Entry(what=EventType.ASSIGNED, was=standing.assignee, became=assignee)
        case Note(text=text):
            entry = Entry(what=EventType.NOTED, note=text)
        case never:
            assert_never(never)
    return after, entry


def _resolve(
    standing: EpisodeSnapshot, deed: Resolve, doing: Doing
) -> tuple[EpisodeSnapshot, Entry]:
    entry = Entry(
        what=EventType.RESOLVED,
        was=standing.status,
        became=Resolution.MANUAL,
        note=deed.action_taken or deed.action,
    )
    after = replace(
        standing,
        status=AlertStatus.RESOLVED,
        resolution=Resolution.MANUAL,
        resolved_at=doing.now,
        resolved_on=doing.day,
        snoozed_until=None,
        action=deed.action,
        action_taken=deed.action_taken,
        clear_days=0,
    )
    return after, entry


def _reopen(standing: EpisodeSnapshot, doing: Doing) -> tuple[EpisodeSnapshot, Entry]:
    """Count anew from now on; what people did stays."""
    after = replace(
        standing,
        status=AlertStatus.OPEN,
        resolution=None,
        resolved_at=None,
        resolved_on=None,
        clear_days=0,
        opened_on=doing.day,
        known_on=max(standing.known_on, doing.day),
        watched_until=None,
    )
    return after, Entry(what=EventType.REOPENED, was=standing.resolution, became=AlertStatus.OPEN)


def _name(kind: type[Command]) -> str:
    names = {
        Resolve: "resolved",
        Acknowledge: "acknowledged",
        Snooze: "snoozed",
        Assign: "assigned",
        Note: "noted on",
        Reopen: "reopened",
    }
    return names[kind]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
