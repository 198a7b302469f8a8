"""How a person is erased from telemetry."""

from collections.abc import Mapping

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.telemetry.models import TelemetrySample


async def erase_telemetry(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's samples."""
    gone = await session.exec(
        delete(TelemetrySample).where(col(TelemetrySample.user_id) == user_id)
    )
    return {"telemetry_samples": gone.rowcount}
