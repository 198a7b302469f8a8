"""The tables of the churn report."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.kit.db.tables import Table, text_enum
from app.reports.churn.scoring import RiskLevel, Signal


class ChurnRiskReport(Table, table=True):
    """How likely a subscriber was to leave an academy, as known at the end of a day."""

    __tablename__: ClassVar[str] = "churn_risk_reports"
    __table_args__ = (
        PrimaryKeyConstraint("report_date", "academy_id", "user_id"),
        CheckConstraint("churn_risk_score BETWEEN 0 AND 100", name="score_range"),
        CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage_range"),
        CheckConstraint(
            "subscription_status IN ('FREE_TRIAL', 'ACTIVE', 'PAYMENT_ISSUE')",
            name="live_status",
        ),
        Index(
            "ix_churn_risk_reports_academy_id_report_date_score",
            "academy_id",
            "report_date",
            text("churn_risk_score DESC"),
            "days_until_renewal",
            "user_id",
        ),
        Index(
            "ix_churn_risk_reports_report_date_score",
            "report_date",
            text("churn_risk_score DESC"),
            "days_until_renewal",
            "user_id",
        ),
        {"postgresql_partition_by": "RANGE (report_date)"},
    )

    report_date: date
    academy_id: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)
    churn_risk_score: float
    risk_level: RiskLevel = Field(sa_type=text_enum(RiskLevel, "risk_level"))
    main_reason: Signal | None = Field(default=None, sa_type=text_enum(Signal, "main_reason"))
    coverage: float
    days_since_last_activity: int = Field(sa_type=SmallInteger)
    last_active_on: date | None = None
    active_days_in_window: int = Field(sa_type=SmallInteger)
    login_count_7d: int
    login_count_prior_7d: int
    login_trend: float | None = None
    assignments_completed_7d: int
    assignments_completed_prior_7d: int
    assignment_trend: float | None = None
    avg_engagement_score: float | None = None
    engagement_baseline: float | None = None
    engagement_trend: float | None = None
    avg_frustration_score: float | None = None
    subscription_status: str = Field(sa_type=Text)
    has_payment_issues: bool
    days_until_renewal: int | None = None
    days_until_trial_end: int | None = None
    tenure_days: int
    mrr: float | None = None
    currency: str | None = Field(default=None, sa_type=Text)
    contribution_inactivity: float | None = None
    contribution_engagement_decay: float | None = None
    contribution_frustration: float | None = None
    contribution_login_decay: float | None = None
    contribution_assignment_stall: float | None = None
    contribution_payment_issues: float | None = None
    scoring_version: int = Field(sa_type=SmallInteger)
    run_id: UUID


class ChurnDaySummary(Table, table=True):
    """What dashboards sum: one row an academy and day.

    `mrr_by_level` is `{currency: {level: sum}}`.
    """

    __tablename__: ClassVar[str] = "churn_day_summaries"

    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    rows: int
    low: int
    medium: int
    high: int
    critical: int
    free_trial: int
    active: int
    payment_issue: int
    score_sum: float
    mrr_by_level: dict[str, dict[str, float]] = Field(sa_type=JSONB)
