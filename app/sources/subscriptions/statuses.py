"""What a subscription can be, and how one can end."""

from collections.abc import Collection
from enum import StrEnum

from app.kit.sql import load_sql


class SubscriptionStatus(StrEnum):
    FREE_TRIAL = "FREE_TRIAL"
    ACTIVE = "ACTIVE"
    PAYMENT_ISSUE = "PAYMENT_ISSUE"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    ERROR = "ERROR"
    DEPRECATED = "DEPRECATED"
    FULLY_PAID = "FULLY_PAID"


class EndReason(StrEnum):
    """How a subscription ended; the first two are churn."""

    VOLUNTARY = "VOLUNTARY"
    INVOLUNTARY = "INVOLUNTARY"
    TRIAL_ENDED = "TRIAL_ENDED"
    COMPLETED = "COMPLETED"
    OTHER = "OTHER"


LIVE = frozenset(
    {
        SubscriptionStatus.FREE_TRIAL,
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.PAYMENT_ISSUE,
        SubscriptionStatus.ERROR,
    }
)
OWING = frozenset({SubscriptionStatus.PAYMENT_ISSUE, SubscriptionStatus.ERROR})
CHURN = frozenset({EndReason.VOLUNTARY, EndReason.INVOLUNTARY})


def load_status_sql(package: str, name: str) -> str:
    """Load SQL in which `{live}` and `{owing}` stand for the lists of those statuses."""
    return load_sql(package, name).format(live=_list_of(LIVE), owing=_list_of(OWING))


def _list_of(statuses: Collection[SubscriptionStatus]) -> str:
    quoted = (f"'{status}'" for status in sorted(statuses))
    return f"({', '.join(quoted)})"
