"""Prices of queries, and the daily limit on the bytes that they bill."""

from datetime import UTC, datetime, time

from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.locks import lock_transaction
from app.kit.errors import AppError
from app.kit.plurals import counted
from app.settings import TIB
from app.sources.warehouse.models import WarehouseJob


class BudgetSpent(AppError):
    """The day's bytes do not suffice for the query."""

    status = 409


def cost_usd(bytes_billed: int, price_per_tib: float) -> float:
    """Return what bytes cost, in US dollars."""
    return bytes_billed / TIB * price_per_tib


def money(bytes_billed: int, price_per_tib: float) -> str:
    """Write what bytes cost, in US dollars and cents."""
    return f"${cost_usd(bytes_billed, price_per_tib):,.2f}"


async def reserve(
    session: AsyncSession, job: str, bytes_expected: int, *, most: int | None, now: datetime
) -> bool:
    """Count a job once among those of its UTC day; return whether it was settled before.

    Raise `BudgetSpent` when it is new and does not fit into the `most` bytes of a day.
    """
    await lock_transaction(session, "warehouse/budget")
    known = await session.get(WarehouseJob, job)
    if known is not None:
        return known.bytes_billed is not None
    spent = await spent_on(session, now)
    if most is not None and spent + bytes_expected > most:
        raise BudgetSpent(
            f"The query would read {counted(bytes_expected, 'byte')}, and {spent:,} of today's"
            f" {most:,} (HEADSUP_DAILY_BYTES, a day of UTC) are spent or reserved."
        )
    session.add(WarehouseJob(id=job, reserved_at=now, bytes_reserved=bytes_expected))
    return False


async def settle(session: AsyncSession, job: str, bytes_billed: int) -> None:
    """Count what a job billed instead of what it was expected to."""
    mine = col(WarehouseJob.id) == job
    await session.exec(update(WarehouseJob).where(mine).values(bytes_billed=bytes_billed))


async def release_reservation(session: AsyncSession, job: str) -> None:
    """Forget a job that was never made."""
    await session.exec(delete(WarehouseJob).where(col(WarehouseJob.id) == job))


async def spent_on(session: AsyncSession, now: datetime) -> int:
    """Sum what the jobs of the UTC day billed, or are expected to."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    counted = func.coalesce(col(WarehouseJob.bytes_billed), col(WarehouseJob.bytes_reserved))
    summed = select(func.sum(counted)).where(col(WarehouseJob.reserved_at) >= midnight)
    return int((await session.exec(summed)).one() or 0)
