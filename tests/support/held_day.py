"""An academy whose newest day is held, and the volume questions about it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sqlmodel import col, func, select

from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import ReportDay, RunDayState, VolumeQuestion
from app.sources.sources import Sources
from app.sources.warehouse.models import LakeFile
from tests.support.outage import LOST, lose_events, two_academies
from tests.support.schedule_wakes import morning_after, settle, wake

HOUR = timedelta(hours=1)
LATER = morning_after(LOST[0]) + HOUR


async def held_since_this_morning(database: Database, home: Path) -> Sources:
    """Set up the morning on which academy 1 is held for the first time."""
    sources = await two_academies(database, home)
    await settle(sources, morning_after(LOST[0] - timedelta(days=1)))
    await lose_events(sources)
    assert (await wake(sources, morning_after(LOST[0]))) == {LOST[0]: RunDayState.PUBLISHED}
    return sources


async def ledger_state(sources: Sources, day: date = LOST[0]) -> tuple[DayState, Verdict | None]:
    """Return the ledger's state and verdict of academy 1 on a day."""
    async with sources.database.transaction() as session:
        row = await session.get_one(ReportDay, ("churn", day, 1))
    return row.state, row.verdict


async def volume_questions(sources: Sources) -> Sequence[VolumeQuestion]:
    async with sources.database.transaction() as session:
        return (await session.exec(select(VolumeQuestion).order_by(col(VolumeQuestion.id)))).all()


async def stored_bytes(sources: Sources, *days: date) -> int:
    """Add up the bytes of the lake's files of some days."""
    summed = select(func.sum(LakeFile.bytes)).where(col(LakeFile.day).in_(days))
    async with sources.database.transaction() as session:
        return int((await session.exec(summed)).one() or 0)
