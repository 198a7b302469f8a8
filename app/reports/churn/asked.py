"""What the churn report is asked over HTTP."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.kit.formats import FORMAT, ListFormat
from app.kit.web import DEFAULT_LIMIT, CursorText, Day, Id, Limit
from app.reports.churn.scoring import RiskLevel

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


class DayAsked(BaseModel):
    """Which published day is read: each academy's newest, unless one is named."""

    model_config = ConfigDict(frozen=True)

    is_summed: ClassVar[bool] = False
    """Whether sums are asked for: they are compared with nothing, and alerts stand beside them."""

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
    format: ListFormat | None = FORMAT


class HistoryQuery(DaysAsked):
    """Which days of a learner's history; without any, the last 90."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None


class FigureGrouping(StrEnum):
    ACADEMY = "academy"


class SummaryQuery(DayAsked):
    is_summed: ClassVar[bool] = True

    group: FigureGrouping | None = Field(default=None, description="One item for each academy.")


class TrendQuery(DaysAsked):
    """Which days of the trend; without any, the last 30."""

    is_summed: ClassVar[bool] = True

    group: FigureGrouping | None = Field(default=None, description="One item a day and academy.")


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
