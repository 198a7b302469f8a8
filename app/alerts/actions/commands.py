"""The commands of people on an episode, as pure functions of a snapshot of it."""

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
    """Resolve the episode by hand, and say what was done about it."""

    action: Action | None = None
    action_taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Mark that somebody is working on the alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Hide the alert from the default list until an instant; None shows it again."""

    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Assign the alert to a person; None removes the assignment."""

    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Add a note to the history."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Open a resolved episode again by hand."""


Command = Resolve | Acknowledge | Snooze | Assign | Note | Reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """Who acts, when, and the newest evaluated day of the academy at that time."""

    who: str
    now: datetime
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSnapshot:
    """The columns of an episode that commands read or change."""

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
class HistoryEntry:
    """The history entry that a command adds."""

    what: EventType
    was: str | None = None
    became: str | None = None
    note: str | None = None


LEGAL_COMMANDS: Mapping[AlertStatus, tuple[type[Command], ...]] = MappingProxyType(
    {
        AlertStatus.OPEN: (Acknowledge, Snooze, Resolve, Assign, Note),
        AlertStatus.ACKNOWLEDGED: (Snooze, Resolve, Assign, Note),
        AlertStatus.RESOLVED: (Reopen, Note),
    }
)
"""The commands that an episode accepts, by its status."""


def check_command(episode: EpisodeSnapshot, command: Command) -> None:
    """Raise `Conflict` naming the legal commands if the episode does not accept this one."""
    legal = LEGAL_COMMANDS[episode.status]
    if not isinstance(command, legal):
        wanted, accepted = (
            _participle(type(command)),
            ", ".join(_participle(kind) for kind in legal),
        )
        message = f"It is {episode.status}, so it cannot be {wanted}; it can be {accepted}."
        raise Conflict(message, code="illegal_transition")


def check_snooze(command: Command, now: datetime) -> None:
    """Raise `Invalid` for a snooze that ends in the past."""
    if isinstance(command, Snooze) and command.until is not None and command.until <= now:
        message = "The instant until which it sleeps must lie ahead."
        fault = Fault(pointer="/snoozed_until", message=message)
        raise Invalid(message, code="snooze_in_the_past", faults=[fault])


def apply_command(
    episode: EpisodeSnapshot, command: Command, context: CommandContext
) -> tuple[EpisodeSnapshot, HistoryEntry]:
    """Return the episode after a command, and the history entry of it.

    Raises `Conflict` naming the legal commands, or `Invalid`.
    """
    check_command(episode, command)
    check_snooze(command, context.now)
    after = episode
    match command:
        case Resolve():
            after, entry = _resolve(episode, command, context)
        case Reopen():
            after, entry = _reopen(episode, context)
        case Acknowledge():
            after = replace(episode, status=AlertStatus.ACKNOWLEDGED)
            entry = HistoryEntry(
                what=EventType.ACKNOWLEDGED, was=episode.status, became=after.status
            )
        case Snooze(until=until):
            after = replace(episode, snoozed_until=until)
            was, became = _iso(episode.snoozed_until), _iso(until)
            entry = HistoryEntry(what=EventType.SNOOZED, was=was, became=became)
        case Assign(assignee=assignee):
            after = replace(episode, assignee=assignee)
            entry = HistoryEntry(what=EventType.ASSIGNED, was=episode.assignee, became=assignee)
        case Note(text=text):
            entry = HistoryEntry(what=EventType.NOTED, note=text)
        case never:
            assert_never(never)
    return after, entry


def _resolve(
    episode: EpisodeSnapshot, command: Resolve, context: CommandContext
) -> tuple[EpisodeSnapshot, HistoryEntry]:
    entry = HistoryEntry(
        what=EventType.RESOLVED,
        was=episode.status,
        became=Resolution.MANUAL,
        note=command.action_taken or command.action,
    )
    after = replace(
        episode,
        status=AlertStatus.RESOLVED,
        resolution=Resolution.MANUAL,
        resolved_at=context.now,
        resolved_on=context.day,
        snoozed_until=None,
        action=command.action,
        action_taken=command.action_taken,
        clear_days=0,
    )
    return after, entry


def _reopen(
    episode: EpisodeSnapshot, context: CommandContext
) -> tuple[EpisodeSnapshot, HistoryEntry]:
    """Count the clear days from zero; what was done about the alert is kept."""
    after = replace(
        episode,
        status=AlertStatus.OPEN,
        resolution=None,
        resolved_at=None,
        resolved_on=None,
        clear_days=0,
        opened_on=context.day,
        known_on=max(episode.known_on, context.day),
        watched_until=None,
    )
    return after, HistoryEntry(
        what=EventType.REOPENED, was=episode.resolution, became=AlertStatus.OPEN
    )


def _participle(kind: type[Command]) -> str:
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
