"""The closed sets of words of which an alert is made."""

from enum import StrEnum

import polars as pl


class Severity(StrEnum):
    """How bad it is, in ascending order."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class AlertStatus(StrEnum):
    """Where an episode stands; all but RESOLVED are open."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


class Resolution(StrEnum):
    """Why an episode ended; all but MANUAL are the service's doing."""

    MANUAL = "MANUAL"
    AUTO = "AUTO"
    LEFT = "LEFT"
    NO_DATA = "NO_DATA"
    RETRACTED = "RETRACTED"


class Action(StrEnum):
    """What people did about it."""

    CONTACTED = "CONTACTED"
    OFFERED = "OFFERED"
    NO_ACTION = "NO_ACTION"
    FALSE_ALARM = "FALSE_ALARM"


class Result(StrEnum):
    """What the learner did in the 30 days after the day on which the episode opened."""

    PENDING = "PENDING"
    STAYED = "STAYED"
    LEFT = "LEFT"
    COMPLETED = "COMPLETED"


class AlertOrigin(StrEnum):
    """How the day came to be evaluated on which the episode opened."""

    LIVE = "LIVE"
    BACKFILL = "BACKFILL"
    INITIAL = "INITIAL"


class EventType(StrEnum):
    """What an event of an episode's history tells."""

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
"""The column type of a severity: it sorts and compares as the severities do."""
