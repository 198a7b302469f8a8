"""What the churn report answers over HTTP."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from app.alerts.api.responses import AlertCounts
from app.published.responses import Page
from app.reports.churn.api.requests import LiveStatus
from app.reports.churn.scoring import RiskLevel, Signal


class SignalDetail(BaseModel):
    value: float | None
    weight: float
    contribution: float | None


class Details(BaseModel):
    """How the score came about."""

    schema_version: int
    scoring_version: int
    coverage: float
    tenure_days: int
    active_days_in_window: int
    login_count_7d: int
    login_count_prior_7d: int
    assignments_completed_7d: int
    assignments_completed_prior_7d: int
    engagement_baseline: float | None
    signals: dict[Signal, SignalDetail]


class Risk(BaseModel):
    """How likely a learner is to leave an academy, as known at the end of a day."""

    report_date: date
    academy_id: int
    user_id: int
    email: str | None = Field(description="Null for keys without `people:read`.")
    full_name: str | None = Field(description="Null for keys without `people:read`.")
    churn_risk_score: float = Field(ge=0, le=100)
    risk_level: RiskLevel
    main_reason: Signal | None = Field(description="The largest contribution.")
    main_reason_text: str = Field(description="The main reason in words.")
    previous_score: float | None = Field(description="The score of the day before.")
    score_change_7d: float | None = Field(
        description="Against the score 7 days before; null if it was computed another way."
    )
    coverage: float = Field(description="How much of the formula was known, 0 to 1.")
    days_since_last_activity: int = Field(description="14 means 14 or more.")
    last_active_on: date | None
    active_days_in_window: int
    login_count_7d: int
    login_trend: float | None
    assignments_completed_7d: int
    assignment_trend: float | None
    avg_engagement_score: float | None
    engagement_trend: float | None
    avg_frustration_score: float | None
    subscription_status: LiveStatus
    has_payment_issues: bool
    days_until_renewal: int | None
    days_until_trial_end: int | None
    tenure_days: int
    mrr: float | None
    currency: str | None
    scoring_version: int
    run_id: UUID
    details: Details | None = Field(default=None, description="Only with `details=true`.")


class RiskPage(Page):
    items: list[Risk]


class Mover(Risk):
    """A learner whose score moved."""

    score_before: float
    level_before: RiskLevel
    score_change: float


class MoverList(Page):
    """Whose score moved most, the largest change first."""

    items: list[Mover]


class Sums(BaseModel):
    """How many learners there are, by risk level and by subscription status."""

    academy_id: int | None = Field(description="Null: all academies in scope.")
    subscribers: int
    levels: dict[RiskLevel, int]
    subscription_statuses: dict[LiveStatus, int]
    payment_issues: int
    mean_score: float | None
    alerts: AlertCounts | None = Field(description="Null: none of it is evaluated (yet).")


class Summary(Sums):
    mrr_by_level: dict[str, dict[RiskLevel, float]] = Field(
        description="By currency (XXX: none given), then by risk level."
    )


class SummaryList(Page):
    items: list[Summary]


class TrendPoint(Sums):
    report_date: date


class Trend(Page):
    """The sums of each day, the oldest first."""

    items: list[TrendPoint]
