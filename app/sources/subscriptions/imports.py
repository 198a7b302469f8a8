"""Imports subscriptions as a source has them now, or ready-made versions of them."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.sql import load_sql
from app.sources.imports import CheckedRows, Imported
from app.sources.imports.staging import Loading, load_staged
from app.sources.subscriptions.columns import HISTORY_COLUMNS, SUBSCRIPTION_COLUMNS
from app.sources.subscriptions.statuses import load_status_sql

SUBSCRIPTION_IMPORT = Loading(
    kind="subscriptions",
    columns=SUBSCRIPTION_COLUMNS,
    stage=load_sql(__package__, "stage"),
    collapse=load_sql(__package__, "collapse"),
    conflicts=load_sql(__package__, "conflicts"),
    merge=(load_status_sql(__package__, "append"), load_status_sql(__package__, "settle")),
    beyond=load_sql(__package__, "beyond"),
    identify=load_sql(__package__, "identify"),
    identify_own=load_sql(__package__, "identify_own"),
)
HISTORY_IMPORT = Loading(
    kind="subscription-history",
    columns=HISTORY_COLUMNS,
    stage=load_sql(__package__, "stage"),
    collapse=load_sql(__package__, "collapse"),
    conflicts=load_sql(__package__, "history_conflicts"),
    merge=(load_sql(__package__, "merge_history"), load_status_sql(__package__, "settle")),
    identify=load_sql(__package__, "identify"),
)


async def import_subscriptions(
    session: AsyncSession,
    rows: CheckedRows,
    *,
    now: datetime,
    academies: Collection[int] | None = None,
) -> Imported:
    """Import whole rows of `COLUMNS`, observed at `now`; what changed becomes a version.

    Several rows of one subscription are applied in the order of `updated_at`. Raises `Invalid`
    if they have the same or none, or enrol somebody whom only others than `academies` know.
    """
    return await load_staged(session, rows, SUBSCRIPTION_IMPORT, now, academies=academies)


async def import_history(session: AsyncSession, rows: CheckedRows, *, now: datetime) -> Imported:
    """Import versions, rows of `HISTORY_COLUMNS`; those without `observed_at` were seen `now`.

    A version that is known from the same `effective_from` on is replaced. Raises `Invalid` if
    two rows are from one moment on and not ordered by `observed_at`.
    """
    return await load_staged(session, rows, HISTORY_IMPORT, now)
