"""Erases a person from alerts."""

from collections.abc import Mapping

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.models import Alert


async def erase_alerts(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's episodes with their history, snapshots and notes."""
    gone = await session.exec(delete(Alert).where(col(Alert.user_id) == user_id))
    return {"alerts": gone.rowcount}
