"""The query parameters of the renewals report's routes."""

from enum import StrEnum

from pydantic import Field

from app.kit.values import Id
from app.published.requests import ListQuery


class RenewalSort(StrEnum):
    SOONEST = "renewal"
    NEWEST = "-date"


class RenewalQuery(ListQuery):
    """The filters and the order of a list of renewals."""

    user: Id | None = Field(default=None, description="Only this learner.")
    soon: bool | None = Field(default=None, description="Only those that renew within 7 days.")
    sort: RenewalSort = RenewalSort.SOONEST
