"""Until when the platform was read, question by question."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.platform.models import PlatformReading
from app.sources.platform.queries import SUBSCRIPTION_QUERIES
from app.sources.platform.reader import PlatformRows


async def since(session: AsyncSession, overlap: timedelta) -> Mapping[str, datetime]:
    """Return from which stamp on each question is to be answered; none: it was never asked."""
    known = await session.exec(select(PlatformReading))
    return {reading.question: reading.read_until - overlap for reading in known}


async def remember_reading(session: AsyncSession, reading: PlatformRows, now: datetime) -> None:
    """Note until when every question was answered, and which were answered whole `now`."""
    for question in reading.asked:
        note = insert(PlatformReading).values(
            question=question.name, read_until=reading.read_until, compared_at=now
        )
        news = {"read_until": note.excluded.read_until}
        if question in reading.compared:
            news["compared_at"] = note.excluded.compared_at
        await session.exec(note.on_conflict_do_update(index_elements=["question"], set_=news))


async def compared_at(session: AsyncSession) -> datetime | None:
    """Return when all subscriptions were last compared with the platform; None: never."""
    names = [question.name for question in SUBSCRIPTION_QUERIES]
    oldest = select(func.min(PlatformReading.compared_at))
    return (await session.exec(oldest.where(col(PlatformReading.question).in_(names)))).one()
