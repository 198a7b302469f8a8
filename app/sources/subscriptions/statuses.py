"""What a subscription can be, and how one can end."""

from enum import StrEnum


class Status(StrEnum):
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


LIVE = frozenset({Status.FREE_TRIAL, Status.ACTIVE, Status.PAYMENT_ISSUE, Status.ERROR})
OWING = frozenset({Status.PAYMENT_ISSUE, Status.ERROR})
CHURN = frozenset({EndReason.VOLUNTARY, EndReason.INVOLUNTARY})
