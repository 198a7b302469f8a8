"""The query parameters of the churn report's routes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.kit.http.dependencies import DEFAULT_LIMIT, Limit
from app.kit.values import Id
from app.published.requests import MAX_RANGE_DAYS, DayQuery, ListQuery
from app.reports.churn.scoring import RiskLevel

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


class RiskQuery(ListQuery):
    """The filters and the order of a list of risks."""

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


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


class MoversQuery(DayQuery):
    days: Annotated[int, Field(ge=1, le=MAX_RANGE_DAYS)] = Field(
        default=COMPARED_DAYS, description="Compare with the score so many days before."
    )
    min_change: Annotated[float, Field(ge=0, le=100)] = Field(
        default=20, description="Leave smaller changes out."
    )
    direction: Direction = Direction.UP
    limit: Limit = DEFAULT_LIMIT
