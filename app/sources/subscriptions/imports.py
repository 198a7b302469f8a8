"""Imports subscriptions as a source has them now, or ready-made versions of them."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.files import Imported, Rows
from app.sources.files.staging import Loading, load
from app.sources.subscriptions.columns import COLUMNS, HISTORY_COLUMNS

HERE = Path(__file__).parent
SUBSCRIPTIONS = Loading(
    kind="subscriptions",
    columns=COLUMNS,
    stage=HERE / "stage.sql",
    collapse=HERE / "collapse.sql",
    conflicts=HERE / "conflicts.sql",
    merge=(HERE / "append.sql", HERE / "settle.sql"),
    beyond=HERE / "beyond.sql",
    identify=HERE / "identify.sql",
    identify_own=HERE / "identify_own.sql",
)
HISTORY = Loading(
    kind="subscription-history",
    columns=HISTORY_COLUMNS,
    stage=HERE / "stage.sql",
    collapse=HERE / "collapse.sql",
    conflicts=HERE / "history_conflicts.sql",
    merge=(HERE / "merge_history.sql", HERE / "settle.sql"),
    identify=HERE / "identify.sql",
)


async def import_subscriptions(
    session: AsyncSession,
    rows: Rows,
    *,
    now: datetime,
    academies: Collection[int] | None = None,
) -> Imported:
    """Import whole rows of `COLUMNS`, observed at `now`; what changed becomes a version.

    Several rows of one subscription are applied in the order of `updated_at`. Raises `Invalid`
    if they have the same or none, or enrol somebody whom only others than `academies` know.
    """
    return await load(session, rows, SUBSCRIPTIONS, now, academies=academies)


async def import_history(session: AsyncSession, rows: Rows, *, now: datetime) -> Imported:
    """Import versions, rows of `HISTORY_COLUMNS`; those without `observed_at` were seen `now`.

    A version that is known from the same `effective_from` on is replaced. Raises `Invalid` if
    two rows are from one moment on and not ordered by `observed_at`.
    """
    return await load(session, rows, HISTORY, now)
