"""The tables of subscriptions: what each one is now, and every version it ever had."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Double, Identity, Index, Text, text
from sqlmodel import Field, SQLModel

from app.kit.db.tables import TIMESTAMPTZ, Table, text_enum
from app.sources.subscriptions.statuses import EndReason, SubscriptionStatus

FINITE_MRR = "mrr >= 0 AND mrr < 'infinity'"
"""Postgres sorts NaN above infinity, so this refuses it as well."""


class SubscriptionContent(SQLModel):
    """What a source says about a subscription."""

    user_id: int = Field(sa_type=BigInteger)
    academy_id: int = Field(sa_type=BigInteger)
    status: SubscriptionStatus = Field(sa_type=text_enum(SubscriptionStatus, "status"))
    plan: str | None = Field(default=None, sa_type=Text)
    started_at: datetime = Field(sa_type=TIMESTAMPTZ)
    trial_ends_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    next_payment_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    valid_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    cancelled_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    end_reason: EndReason | None = Field(default=None, sa_type=text_enum(EndReason, "end_reason"))
    mrr: float | None = Field(default=None, sa_type=Double)
    currency: str | None = Field(default=None, sa_type=Text)
    updated_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class Subscription(Table, SubscriptionContent, table=True):
    """A subscription as it was last seen; `updated_at` is the newest stamp seen.

    One that a writer of some academies made has the `id` `<academy><unit separator><id>`.
    """

    __tablename__: ClassVar[str] = "subscriptions"
    __table_args__ = (
        CheckConstraint(FINITE_MRR, name="finite_mrr"),
        Index(
            "ix_subscriptions_id_in_academy",
            text("split_part(id, chr(31), 2)"),
            postgresql_where=text("strpos(id, chr(31)) > 0"),
        ),
    )

    id: str = Field(primary_key=True, sa_type=Text)


class SubscriptionVersion(Table, SubscriptionContent, table=True):
    """What a subscription was from `effective_from` until before `effective_to` (NULL: still is).

    Of versions with an equal `effective_from` the one written last counts; the others cover
    no time. `end_reason_given` says that the source gave `end_reason`; else it is derived.
    """

    __tablename__: ClassVar[str] = "subscription_history"
    __table_args__ = (
        CheckConstraint(FINITE_MRR, name="finite_mrr"),
        CheckConstraint("effective_to >= effective_from", name="range_in_order"),
        Index(
            "ix_subscription_history_timeline", "subscription_id", "effective_from", "version_id"
        ),
        Index(None, "academy_id", "effective_from"),
        Index(None, "user_id"),
    )

    version_id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(always=True)],
    )
    subscription_id: str = Field(sa_type=Text)
    end_reason_given: bool
    effective_from: datetime = Field(sa_type=TIMESTAMPTZ)
    effective_to: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    observed_at: datetime = Field(sa_type=TIMESTAMPTZ)
