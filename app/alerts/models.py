"""The tables of alerts: episodes and their history, rules, and how far days were evaluated."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.alerts.enums import (
    Action,
    AlertOrigin,
    AlertStatus,
    EventType,
    Resolution,
    Result,
    Severity,
)
from app.alerts.rules.rule import MAX_CLEAR_DAYS, MAX_QUIET_DAYS
from app.kit.db.tables import TIMESTAMPTZ, Table, text_enum

ACTED_COLUMNS = ("status", "resolution", "resolved_at", "resolved_on", "snoozed_until")
"""The columns that an evaluation and people both change; `Alert.stands` keeps what people left."""


class Alert(Table, table=True):
    """An episode: a condition held for a subject in one academy, on some days.

    The subject is a learner; `user_id` is 0 if it is the academy. `triggered_on` is the report day
    on which the episode opened, `opened_on` the day on which it last opened or reopened, `known_on`
    the last day on which its condition was known. After it was RESOLVED by hand, `clear_days` goes
    on counting up to the rule's number. The evaluation follows it until `watched_until`.
    `prior` is the row before the evaluation of the day `prior_of` (NULL: no row), so that the day
    can be evaluated again. `stands` has the `ACTED_COLUMNS` as people left them; `acted_on` is the
    newest evaluated day at that time.
    """

    __tablename__: ClassVar[str] = "alerts"
    __table_args__ = (
        CheckConstraint(
            "(status = 'RESOLVED') = (resolution IS NOT NULL)"
            " AND (status = 'RESOLVED') = (resolved_at IS NOT NULL)"
            " AND (status = 'RESOLVED') = (resolved_on IS NOT NULL)",
            name="resolved_or_not",
        ),
        CheckConstraint("occurrences > 0 AND clear_days >= 0 AND version > 0", name="counts"),
        CheckConstraint("(stands IS NULL) = (acted_on IS NULL)", name="acted_and_stands"),
        Index(
            "uq_alerts_open_episode",
            "report_type",
            "academy_id",
            "user_id",
            "alert_type",
            unique=True,
            postgresql_where=text("status <> 'RESOLVED'"),
        ),
        Index("ix_alerts_report_type_academy_id", "report_type", "academy_id", "watched_until"),
        Index(
            "ix_alerts_open_academy_id_severity",
            "academy_id",
            text("alert_rank(severity) DESC"),
            text("triggered_at DESC"),
            text("id DESC"),
            postgresql_where=text("status <> 'RESOLVED'"),
        ),
        Index(
            "ix_alerts_open_severity",
            text("alert_rank(severity) DESC"),
            text("triggered_at DESC"),
            text("id DESC"),
            postgresql_where=text("status <> 'RESOLVED'"),
        ),
        Index(
            "ix_alerts_snoozed_until",
            "snoozed_until",
            postgresql_where=text("status <> 'RESOLVED' AND snoozed_until IS NOT NULL"),
        ),
        Index("ix_alerts_user_id_triggered_at", "user_id", text("triggered_at DESC")),
        Index("ix_alerts_alert_type_triggered_at", "alert_type", text("triggered_at DESC")),
        Index("ix_alerts_pending", "triggered_on", postgresql_where=text("result = 'PENDING'")),
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    report_type: str = Field(sa_type=Text)
    academy_id: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)
    alert_type: str = Field(sa_type=Text)
    severity: Severity = Field(sa_type=text_enum(Severity, "severity"))
    status: AlertStatus = Field(sa_type=text_enum(AlertStatus, "status"))
    origin: AlertOrigin = Field(sa_type=text_enum(AlertOrigin, "origin"))
    triggered_at: datetime = Field(sa_type=TIMESTAMPTZ)
    triggered_on: date
    opened_on: date
    last_seen_on: date
    known_on: date
    occurrences: int
    clear_days: int
    resolution: Resolution | None = Field(default=None, sa_type=text_enum(Resolution, "resolution"))
    resolved_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    resolved_on: date | None = None
    snoozed_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    assignee: str | None = Field(default=None, sa_type=Text)
    action: Action | None = Field(default=None, sa_type=text_enum(Action, "action"))
    action_taken: str | None = Field(default=None, sa_type=Text)
    first_action_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    result: Result = Field(sa_type=text_enum(Result, "result"))
    metrics_snapshot: dict[str, object] = Field(sa_type=JSONB)
    rule_version: int = Field(sa_type=BigInteger)
    version: int
    watched_until: date | None = None
    prior_of: date
    prior: dict[str, object] | None = Field(default=None, sa_type=JSONB)
    acted_on: date | None = None
    stands: dict[str, object] | None = Field(default=None, sa_type=JSONB)


class AlertEvent(Table, table=True):
    """An entry of the history of an episode; a trigger forbids to change it.

    `who` is NULL if the service made the entry. `report_date` is the day whose evaluation made it,
    or the newest evaluated day at the time of an action.
    """

    __tablename__: ClassVar[str] = "alert_events"
    __table_args__ = (
        PrimaryKeyConstraint("alert_id", "seq"),
        ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        CheckConstraint("seq > 0", name="seq_from_one"),
    )

    alert_id: int = Field(sa_type=BigInteger)
    seq: int
    what: EventType = Field(sa_type=text_enum(EventType, "what"))
    was: str | None = Field(default=None, sa_type=Text)
    became: str | None = Field(default=None, sa_type=Text)
    who: str | None = Field(default=None, sa_type=Text)
    happened_at: datetime = Field(sa_type=TIMESTAMPTZ)
    report_date: date
    note: str | None = Field(default=None, sa_type=Text)


class AlertRule(Table, table=True):
    """A version of a rule of an academy, or of all academies (NULL).

    A version that is `withdrawn` ends the validity of the one before it.
    """

    __tablename__: ClassVar[str] = "alert_rules"
    __table_args__ = (
        CheckConstraint(f"clear_days BETWEEN 1 AND {MAX_CLEAR_DAYS}", name="clear_days_range"),
        CheckConstraint(f"quiet_days BETWEEN 0 AND {MAX_QUIET_DAYS}", name="quiet_days_range"),
        Index(
            "ix_alert_rules_newest", "report_type", "academy_id", "alert_type", text("version DESC")
        ),
    )

    version: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    report_type: str = Field(sa_type=Text)
    academy_id: int | None = Field(default=None, sa_type=BigInteger)
    alert_type: str = Field(sa_type=Text)
    enabled: bool
    threshold: float | None = Field(default=None, sa_type=Double)
    needs_level: Severity = Field(sa_type=text_enum(Severity, "needs_level"))
    clear_days: int
    quiet_days: int
    withdrawn: bool = False
    changed_by: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AlertWatermark(Table, table=True):
    """The newest evaluated day of an academy; `changes` grows with every change of its alerts.

    `revision` is that of the evaluated day: when it is published with another, it is evaluated
    again.
    """

    __tablename__: ClassVar[str] = "alert_watermarks"

    report_type: str = Field(primary_key=True, sa_type=Text)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    first_date: date
    report_date: date
    revision: int = Field(sa_type=BigInteger)
    changes: int = Field(sa_type=BigInteger)
    evaluated_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AlertDayCount(Table, table=True):
    """How many episodes opened, reopened and closed on an evaluated day, and are open after it."""

    __tablename__: ClassVar[str] = "alert_day_counts"

    report_type: str = Field(primary_key=True, sa_type=Text)
    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    opened: int
    reopened: int
    closed: int
    low: int
    medium: int
    high: int
    critical: int
