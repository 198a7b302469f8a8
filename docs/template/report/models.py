"""The tables of the renewals report."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.kit.db.tables import Table


class Renewal(Table, table=True):
    """When the subscription of a learner renews, as known at the end of a day."""

    __tablename__: ClassVar[str] = "renewal_reports"
    __table_args__ = (
        PrimaryKeyConstraint("report_date", "academy_id", "user_id"),
        {"postgresql_partition_by": "RANGE (report_date)"},
    )

    report_date: date
    academy_id: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)
    days_until_renewal: int | None = None
    is_soon: bool
    mrr: float | None = None
    currency: str | None = Field(default=None, sa_type=Text)
    run_id: UUID


class RenewalDaySummary(Table, table=True):
    """The sums of an academy's day; `mrr` maps each currency to what renews soon."""

    __tablename__: ClassVar[str] = "renewal_day_summaries"

    report_date: date = Field(primary_key=True)
    academy_id: int = Field(primary_key=True, sa_type=BigInteger)
    subscribers: int
    soon: int
    mrr: dict[str, float] = Field(sa_type=JSONB)
