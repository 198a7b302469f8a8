"""The enumerations of the columns of an alert."""

from enum import StrEnum

import polars as pl


class AlertSubject(StrEnum):
    """What the alerts of a source are about."""

    LEARNER = "LEARNER"
    ACADEMY = "ACADEMY"


class Severity(StrEnum):
    """How severe an episode is, in ascending order."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class AlertStatus(StrEnum):
    """The status of an episode; all but RESOLVED are open."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


class Resolution(StrEnum):
    """Why an episode ended; all but MANUAL are set by the service."""

    MANUAL = "MANUAL"
    AUTO = "AUTO"
    LEFT = "LEFT"
    NO_DATA = "NO_DATA"
    RETRACTED = "RETRACTED"


class Action(StrEnum):
    """What people did about the alert when they resolved it."""

    CONTACTED = "CONTACTED"
    OFFERED = "OFFERED"
    NO_ACTION = "NO_ACTION"
    FALSE_ALARM = "FALSE_ALARM"


class Result(StrEnum):
    """What the subject did within the result days after the day on which the episode opened."""

    PENDING = "PENDING"
    STAYED = "STAYED"
    LEFT = "LEFT"
    COMPLETED = "COMPLETED"


class AlertOrigin(StrEnum):
    """How the day on which the episode opened came to be evaluated.

    LIVE: soon after it ended. BACKFILL: later. INITIAL: as the first day of the academy.
    """

    LIVE = "LIVE"
    BACKFILL = "BACKFILL"
    INITIAL = "INITIAL"


class EventType(StrEnum):
    """The kind of a history entry of an episode."""

    OPENED = "OPENED"
    REOPENED = "REOPENED"
    SEVERITY = "SEVERITY"
    WOKE = "WOKE"
    RESOLVED = "RESOLVED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    ASSIGNED = "ASSIGNED"
    NOTED = "NOTED"


SEVERITIES = pl.Enum([severity.value for severity in Severity])
"""The column type of a severity; it sorts and compares in the order of the enumeration."""
