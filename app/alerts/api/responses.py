"""The answers about alerts."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from app.alerts.api.examples import (
    ALERT_PAGE,
    BULK_ANSWER,
    DETAIL,
    RULES_EXAMPLE,
    STATS,
)
from app.alerts.enums import (
    Action,
    AlertOrigin,
    AlertStatus,
    EventType,
    Resolution,
    Result,
    Severity,
)


class AlertItem(BaseModel):
    """An episode: a condition held for a learner, or for an academy itself, on some days."""

    id: int
    report_type: str
    academy_id: int
    user_id: int | None = Field(description="Null for an alert about the academy itself.")
    email: str | None = Field(description="Null for keys without `people:read`.")
    full_name: str | None = Field(description="Null for keys without `people:read`.")
    alert_type: str
    severity: Severity
    status: AlertStatus
    reason: str = Field(description="Why the alert opened, as a sentence.")
    current_score: float | None = Field(
        description="The value of the subject on the newest evaluated day."
    )
    current_level: str | None
    origin: AlertOrigin
    triggered_at: datetime
    triggered_on: date = Field(description="The report day on which it opened.")
    last_seen_on: date
    occurrences: int = Field(description="The number of days on which the condition held.")
    clear_days: int
    snoozed_until: datetime | None = Field(
        description="Until then, the alert is left out of the default list."
    )
    assignee: str | None
    resolved_at: datetime | None
    resolution: Resolution | None
    action: Action | None
    action_taken: str | None
    first_action_at: datetime | None
    result: Result
    metrics_snapshot: dict[str, object] = Field(
        description="The signals of the day on which the alert opened."
    )
    rule_version: int
    version: int
    alerts: int = Field(
        default=1, description="With `group=user`, the number of the learner's alerts."
    )


class EvaluatedDay(BaseModel):
    """The newest evaluated day of an academy."""

    academy_id: int
    report_date: date
    revision: int
    evaluated_at: datetime


class SeverityCount(BaseModel):
    alerts: int
    learners: int


class AlertPage(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [ALERT_PAGE]})

    items: list[AlertItem]
    next_cursor: str | None = None
    days: list[EvaluatedDay]
    timezone: str
    total: int | None = Field(default=None, description="All items; only with `count=true`.")
    by_severity: dict[Severity, SeverityCount] | None = Field(
        default=None, description="Only with `count=true`."
    )


class AlertCounts(BaseModel):
    """The alerts that opened, reopened and closed on a day, and those open after it."""

    opened: int
    reopened: int = Field(description="Resolved by the service within 30 days, and open again.")
    closed: int = Field(
        description="Resolved by the service; those resolved by hand are not counted."
    )
    open: dict[Severity, int] = Field(description="After the evaluation, including snoozed ones.")
    unevaluated_academies: int = Field(
        description="The academies whose day has not been evaluated; these counts leave them out."
    )


class AlertEntry(BaseModel):
    """An entry of the history; `who` is null if the service made it."""

    seq: int
    what: EventType
    was: str | None
    became: str | None
    who: str | None
    happened_at: datetime
    report_date: date
    note: str | None


class ScoreDay(BaseModel):
    report_date: date
    score: float
    level: str


class AlertDetail(AlertItem):
    """An alert with its history and the learner's score of the last 30 days."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETAIL]})

    history: list[AlertEntry]
    scores: list[ScoreDay]


class AlertVersion(BaseModel):
    id: int
    version: int


class BulkResolved(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [BULK_ANSWER]})

    items: list[AlertVersion]


class AlertStats(BaseModel):
    """The episodes of a type and origin, and how well they predicted that learners leave."""

    alert_type: str
    origin: AlertOrigin
    opened: int
    still_open: int
    by_hand: int
    by_itself: int
    no_longer_live: int
    no_data: int
    actions: dict[Action, int]
    results: dict[Result, int]
    judged: int = Field(description="Episodes that opened more than 30 days ago.")
    churned: int = Field(description="Judged episodes whose learner left within 30 days.")
    expected: float = Field(
        description="How many would have left at the rate of all learners of that day."
    )
    precision: float | None
    precision_low: float | None = Field(description="Lower end of Wilson's 95 % interval.")
    precision_high: float | None
    base_rate: float | None


class AlertStatsList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [STATS]})

    items: list[AlertStats]
    date_from: date
    date_to: date


class RuleShown(BaseModel):
    enabled: bool
    threshold: float | None
    needs_level: Severity
    clear_days: int
    quiet_days: int
    version: int = Field(description="0: the default of the service.")


class RulesShown(BaseModel):
    """The rules that apply, by report and alert type."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULES_EXAMPLE]})

    academy: int | None
    reports: dict[str, dict[str, RuleShown]]
