"""Imports telemetry samples."""

from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.files import Column, Imported, Rows
from app.sources.files.staging import Loading, load

HERE = Path(__file__).parent
COLUMNS = (
    Column("user_id", "int64", required=True, minimum=1),
    Column("timestamp", "timestamp", required=True, not_future=True),
    Column("engagement_score", "float64"),
    Column("frustration_score", "float64"),
)
TELEMETRY = Loading(
    kind="telemetry",
    columns=COLUMNS,
    stage=HERE / "stage.sql",
    collapse=HERE / "collapse.sql",
    conflicts=HERE / "conflicts.sql",
    merge=(HERE / "merge.sql",),
)


async def import_telemetry(session: AsyncSession, rows: Rows, *, now: datetime) -> Imported:
    """Import samples, rows of `COLUMNS`; scores are clamped to 0..100, a known moment replaced.

    Raises `Invalid` if two rows tell of one user and moment.
    """
    return await load(session, rows, TELEMETRY, now)
