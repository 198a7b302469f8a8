"""Erasing a person: out of every table that names people, and never to be taken in again."""

from datetime import datetime

from sqlalchemy import Table, delete, tuple_
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db import metadata
from app.runs import ledger
from app.runs.models import ReportDay
from app.sources.directory import erasure
from app.sources.directory.models import User
from app.sources.warehouse.base import Warehouse

PERSON = "user_id"
DAY = ("report_date", "academy_id")


async def erase(
    session: AsyncSession, warehouse: Warehouse, user_id: int, now: datetime
) -> dict[str, int]:
    """Delete whatever is stored about a person; return the rows deleted by table.

    `activity` is what the warehouse had, if it is ours; its files are gone with `Warehouse.tidy`,
    after the commit. The warehouse comes first: that may take long, and nobody who publishes is
    kept waiting meanwhile.

    Every table with a column `user_id` is one that names people, whatever report or alert it
    belongs to. Days that lose a row count as published anew, so that no cache shows it again.
    """
    activity = await warehouse.forget(session, user_id)
    await erasure.remember(session, user_id, now)
    deleted = {"users": await _delete_user(session, user_id)}
    if activity is not None:
        deleted["activity"] = activity
    for table in reversed(metadata.sorted_tables):
        if PERSON in table.columns:
            deleted[table.name] = await _delete(session, table, user_id)
    return deleted


async def _delete_user(session: AsyncSession, user_id: int) -> int:
    gone = delete(User).where(col(User.id) == user_id).returning(col(User.id))
    return len((await session.exec(gone)).all())


async def _delete(session: AsyncSession, table: Table, user_id: int) -> int:
    connection = await session.connection()
    theirs = delete(table).where(table.columns[PERSON] == user_id)
    if not all(name in table.columns for name in DAY):
        return (await connection.execute(theirs)).rowcount
    returning = theirs.returning(*(table.columns[name] for name in DAY))
    days = [(row.report_date, row.academy_id) for row in await connection.execute(returning)]
    if days:
        key = tuple_(col(ReportDay.report_date), col(ReportDay.academy_id))
        revision = await ledger.next_revision(session)
        await session.exec(update(ReportDay).where(key.in_(days)).values(revision=revision))
    return len(days)
