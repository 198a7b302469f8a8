"""Imports telemetry samples."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.sql import load_sql
from app.sources.imports import CheckedRows, Column, Imported
from app.sources.imports.staging import Loading, load_staged

TELEMETRY_COLUMNS = (
    Column("user_id", "int64", required=True, minimum=1),
    Column("timestamp", "timestamp", required=True, not_future=True),
    Column("engagement_score", "float64"),
    Column("frustration_score", "float64"),
)
TELEMETRY_IMPORT = Loading(
    kind="telemetry",
    columns=TELEMETRY_COLUMNS,
    stage=load_sql(__package__, "stage"),
    collapse=load_sql(__package__, "collapse"),
    conflicts=load_sql(__package__, "conflicts"),
    merge=(load_sql(__package__, "merge"),),
)


async def import_telemetry(session: AsyncSession, rows: CheckedRows, *, now: datetime) -> Imported:
    """Import samples, rows of `COLUMNS`; scores are clamped to 0..100, a known moment replaced.

    Raises `Invalid` if two rows tell of one user and moment.
    """
    return await load_staged(session, rows, TELEMETRY_IMPORT, now)
