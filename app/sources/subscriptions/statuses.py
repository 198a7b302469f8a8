"""What a subscription can be, and how one can end."""

from enum import StrEnum


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
