"""What the churn report answers, and what it is asked."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.kit.web import DEFAULT_LIMIT, CursorText, Day, Id, Limit
from app.reports.churn.scoring import RiskLevel, Signal
from app.runs.gate import DayState

MAX_RANGE_DAYS = 366
MAX_ACADEMIES = 1000
COMPARED_DAYS = 7


class LiveStatus(StrEnum):
    FREE_TRIAL = "FREE_TRIAL"
    ACTIVE = "ACTIVE"
    PAYMENT_ISSUE = "PAYMENT_ISSUE"


class RiskSort(StrEnum):
    """What comes first; equals are ordered by soonest renewal, then by user id."""

    HIGHEST_SCORE = "-score"
    LOWEST_SCORE = "score"
    SOONEST_RENEWAL = "renewal"
    HIGHEST_MRR = "-mrr"
    LONGEST_INACTIVE = "-inactivity"
    NEWEST = "-date"
    USER = "user"


class ListFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


class ReadDay(BaseModel):
    """A day of an academy that the answer is made of."""

    academy_id: int
    report_date: date
    state: DayState = Field(description="HELD: a newer try was held, these are the rows before.")
    revision: int = Field(description="Grows with every publication.")
    published_at: datetime


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


class Page(BaseModel):
    """What every list says beside its items."""

    next_cursor: str | None = None
    days: list[ReadDay]
    timezone: str
    total: int | None = Field(default=None, description="Only with `count=true`.")


class RiskPage(Page):
    items: list[Risk]


class DayAsked(BaseModel):
    """Which published day is read: each academy's newest, unless one is named."""

    academy: Annotated[list[Id], Field(max_length=MAX_ACADEMIES)] = Field(
        default=[], description="Only these academies; may be repeated."
    )
    date: Day | None = Field(default=None, description="One day; else each academy's newest.")

    @property
    def compared_days(self) -> int:
        """How many days before, the day is compared with another."""
        return COMPARED_DAYS


class DaysAsked(DayAsked):
    """Which published days are read."""

    date_from: Day | None = Field(default=None, description="The first of several days.")
    date_to: Day | None = Field(default=None, description="The last of several days.")

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """Refuse days that are named in two ways, out of order, or too many."""
        ranged = self.date_from is not None or self.date_to is not None
        if self.date is not None and ranged:
            raise ValueError("give a date, or a first and a last day, not both")
        if ranged and (self.date_from is None or self.date_to is None):
            raise ValueError("date_from and date_to go together")
        if self.date_from is not None and self.date_to is not None:
            if self.date_from > self.date_to:
                raise ValueError("date_from is after date_to")
            if (self.date_to - self.date_from).days >= MAX_RANGE_DAYS:
                raise ValueError(f"at most {MAX_RANGE_DAYS} days can be read at once")
        return self


class RiskFilters(DaysAsked):
    """What a list of risks is narrowed and ordered by."""

    level: Annotated[list[RiskLevel], Field(max_length=10)] = Field(
        default=[], description="Only these levels; may be repeated."
    )
    user: Id | None = Field(default=None, description="Only this learner.")
    min_score: Annotated[float, Field(ge=0, le=100)] | None = None
    max_score: Annotated[float, Field(ge=0, le=100)] | None = None
    subscription_status: LiveStatus | None = None
    has_payment_issues: bool | None = None
    sort: RiskSort = RiskSort.HIGHEST_SCORE
    details: bool = Field(default=False, description="With the full breakdown of each score.")


class RiskQuery(RiskFilters):
    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None
    count: bool = Field(default=False, description="Count all items too.")
    format: ListFormat | None = Field(
        default=None, description="csv and ndjson stream all items; `Accept` asks for it as well."
    )


class HistoryQuery(DaysAsked):
    """Which days of a learner's history; without any, the last 90."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None


class Grouping(StrEnum):
    ACADEMY = "academy"


class SummaryQuery(DayAsked):
    group: Grouping | None = Field(default=None, description="One item for each academy.")


class TrendQuery(DaysAsked):
    """Which days of the trend; without any, the last 30."""

    group: Grouping | None = Field(default=None, description="One item a day and academy.")


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


class MoversQuery(DayAsked):
    days: Annotated[int, Field(ge=1, le=MAX_RANGE_DAYS)] = Field(
        default=COMPARED_DAYS, description="Compare with the score so many days before."
    )
    min_change: Annotated[float, Field(ge=0, le=100)] = Field(
        default=20, description="Leave smaller changes out."
    )
    direction: Direction = Direction.UP
    limit: Limit = DEFAULT_LIMIT

    @property
    def compared_days(self) -> int:
        """How many days before, the day is compared with another."""
        return self.days


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
