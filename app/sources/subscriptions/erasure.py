"""How a person is erased from subscriptions."""

from collections.abc import Mapping

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.subscriptions.models import Subscription, SubscriptionVersion


async def erase_subscriptions(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's subscriptions and all their versions."""
    current = await session.exec(delete(Subscription).where(col(Subscription.user_id) == user_id))
    versions = await session.exec(
        delete(SubscriptionVersion).where(col(SubscriptionVersion.user_id) == user_id)
    )
    return {"subscriptions": current.rowcount, "subscription_history": versions.rowcount}
