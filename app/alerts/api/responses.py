"""What alerts look like over HTTP."""

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
    """An episode: a learner is in a kind of trouble for some days, in one academy."""

    id: int
    report_type: str
    academy_id: int
    user_id: int
    email: str | None = Field(description="Null for keys without `people:read`.")
    full_name: str | None = Field(description="Null for keys without `people:read`.")
    alert_type: str
    severity: Severity
    status: AlertStatus
    reason: str = Field(description="Why it opened, in words.")
    current_score: float | None = Field(description="On the newest evaluated day.")
    current_level: str | None
    origin: AlertOrigin
    triggered_at: datetime
    triggered_on: date = Field(description="The report day on which it opened.")
    last_seen_on: date
    occurrences: int = Field(description="On so many days it fired.")
    clear_days: int
    snoozed_until: datetime | None = Field(description="It sleeps while this lies ahead.")
    assignee: str | None
    resolved_at: datetime | None
    resolution: Resolution | None
    action: Action | None
    action_taken: str | None
    first_action_at: datetime | None
    result: Result
    metrics_snapshot: dict[str, object] = Field(description="The signals when it opened.")
    rule_version: int
    version: int
    alerts: int = Field(default=1, description="With `group=user`: so many the learner has.")


class EvaluatedDay(BaseModel):
    """Up to which day an academy's alerts are told."""

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
    """What the evaluation of academies' days did, and what was open after it."""

    opened: int
    reopened: int = Field(description="Resolved by the service within 30 days, and open again.")
    closed: int = Field(description="By the service; those resolved by hand are not in it.")
    open: dict[Severity, int] = Field(description="After the evaluation, the sleeping ones too.")
    unevaluated_academies: int = Field(
        description="So many academies of the sum are not evaluated, and not in these counts."
    )


class AlertEntry(BaseModel):
    """One entry of the history; `who` is null for what the service did."""

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
    """The episodes of a type and origin, and what they foretold."""

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
    judged: int = Field(description="Those of which the 30 days after opening are over.")
    churned: int = Field(description="Of the judged, the learners who left in those days.")
    expected: float = Field(description="So many, had they been like everybody that day.")
    precision: float | None
    precision_low: float | None = Field(description="95 %, by Wilson.")
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
    """The rules that count, by report and alert type."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULES_EXAMPLE]})

    academy: int | None
    reports: dict[str, dict[str, RuleShown]]
