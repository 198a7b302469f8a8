"""What is asked of the platform: for each answer its SQL, its tables, and the columns it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.kit.sql import load_sql
from app.sources.directory.imports import ACADEMY_COLUMNS, USER_COLUMNS
from app.sources.imports import Column
from app.sources.subscriptions.columns import SUBSCRIPTION_COLUMNS
from app.sources.telemetry.imports import TELEMETRY_COLUMNS

PLATFORM_SUBSCRIPTION_COLUMNS = (
    *(replace(column, not_future=False) for column in SUBSCRIPTION_COLUMNS),
    Column("status_changed_at", "timestamp"),
)
"""A stamp may lie a little ahead, as the platform's clock does; it is taken for the present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformQuery:
    """One question, `<name>.sql`, and the kind of rows that it answers.

    Without its `tables` it cannot be asked, which is an error only if it is `needed`. A table of
    an older version may lack its columns in `later`. Ids begin with `prefix` and a colon.
    """

    name: str
    kind: str
    columns: tuple[Column, ...]
    tables: tuple[str, ...]
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefix: str | None = None
    needed: bool = False

    @property
    def sql(self) -> str:
        return load_sql(__package__, self.name)


STATUS = ("last_status_change_at", "status_message")
SUBSCRIPTION_PLANS = ("payments_subscription", "payments_subscription_plans", "payments_plan")
FINANCING_PLANS = ("payments_planfinancing", "payments_planfinancing_plans", "payments_plan")
STAMPS = ("created_at", "updated_at")

ACADEMIES_QUERY = PlatformQuery(
    name="academies",
    kind="academies",
    columns=ACADEMY_COLUMNS,
    tables=("admissions_academy",),
)
USERS_QUERY = PlatformQuery(name="users", kind="users", columns=USER_COLUMNS, tables=("auth_user",))
TELEMETRY_QUERY = PlatformQuery(
    name="telemetry",
    kind="telemetry",
    columns=TELEMETRY_COLUMNS,
    tables=("assignments_assignmenttelemetry",),
)
SUBSCRIPTION_QUERIES = (
    PlatformQuery(
        name="subscriptions",
        kind="subscriptions",
        columns=PLATFORM_SUBSCRIPTION_COLUMNS,
        tables=(
            *SUBSCRIPTION_PLANS,
            "payments_subscription_invoices",
            "payments_invoice",
            "payments_bag",
            "payments_currency",
        ),
        later={
            "payments_subscription": (*STATUS, "currency_id"),
            "payments_invoice": ("invoice_kind",),
        },
        prefix="subscription",
        needed=True,
    ),
    PlatformQuery(
        name="financings",
        kind="subscriptions",
        columns=PLATFORM_SUBSCRIPTION_COLUMNS,
        tables=(*FINANCING_PLANS, "payments_currency"),
        later={"payments_planfinancing": (*STATUS, "currency_id", "plan_expires_at")},
        prefix="financing",
    ),
    PlatformQuery(
        name="seats",
        kind="subscriptions",
        columns=PLATFORM_SUBSCRIPTION_COLUMNS,
        tables=(
            *SUBSCRIPTION_PLANS,
            "payments_subscriptionbillingteam",
            "payments_subscriptionseat",
        ),
        later={"payments_subscription": STATUS, "payments_subscriptionseat": STAMPS},
        prefix="seat",
    ),
    PlatformQuery(
        name="financing_seats",
        kind="subscriptions",
        columns=PLATFORM_SUBSCRIPTION_COLUMNS,
        tables=(*FINANCING_PLANS, "payments_planfinancingteam", "payments_planfinancingseat"),
        later={
            "payments_planfinancing": (*STATUS, "plan_expires_at"),
            "payments_planfinancingseat": STAMPS,
        },
        prefix="financing-seat",
    ),
)
ALL = (ACADEMIES_QUERY, *SUBSCRIPTION_QUERIES, USERS_QUERY, TELEMETRY_QUERY)
