"""The columns of a file of subscriptions, and of one of their versions."""

from app.kit.values import MAX_MONEY
from app.sources.imports import Column
from app.sources.subscriptions.statuses import EndReason, SubscriptionStatus

SUBSCRIPTION_COLUMNS = (
    Column("id", "string", required=True, is_id=True),
    Column("user_id", "int64", required=True, minimum=1),
    Column("academy_id", "int64", required=True, minimum=1),
    Column("status", "string", required=True, choices=tuple(SubscriptionStatus)),
    Column("plan", "string"),
    Column("started_at", "timestamp", required=True),
    Column("trial_ends_at", "timestamp"),
    Column("next_payment_at", "timestamp"),
    Column("valid_until", "timestamp"),
    Column("cancelled_at", "timestamp"),
    Column("ended_at", "timestamp"),
    Column("end_reason", "string", choices=tuple(EndReason)),
    Column("mrr", "float64", minimum=0, maximum=MAX_MONEY),
    Column("currency", "string", letters=3),
    Column("updated_at", "timestamp", not_future=True),
)
"""Only what was written down already cannot lie ahead; an end or a start may."""

HISTORY_COLUMNS = (
    *SUBSCRIPTION_COLUMNS,
    Column("effective_from", "timestamp", required=True),
    Column("observed_at", "timestamp", not_future=True),
)
