"""The response bodies of the renewals report."""

from datetime import date

from pydantic import BaseModel, Field

from app.published.responses import Page


class RenewalItem(BaseModel):
    """When the subscription of a learner renews."""

    report_date: date
    academy_id: int
    user_id: int
    full_name: str | None = Field(description="Null for keys without `people:read`.")
    days_until_renewal: int | None
    is_soon: bool
    mrr: float | None
    currency: str | None


class RenewalPage(Page):
    items: list[RenewalItem]


class RenewalSums(BaseModel):
    """How many learners there are, and how many of them renew soon."""

    academy_id: int | None = Field(description="Null: all academies in scope.")
    subscribers: int
    soon: int


class RenewalSummary(Page):
    items: list[RenewalSums]


class RenewalTrendPoint(RenewalSums):
    report_date: date


class RenewalTrend(Page):
    items: list[RenewalTrendPoint]
