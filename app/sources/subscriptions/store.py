"""Reads subscriptions: their versions as of an instant, and what is known at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import text

from app.kit import bulk
from app.kit.db import Database

HERE = Path(__file__).parent
AS_OF_SQL = (HERE / "as_of.sql").read_text("utf-8")
LIVE_COUNT_SQL = (HERE / "live_count.sql").read_text("utf-8")
EXTENT_SQL = (HERE / "extent.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is known of subscriptions; the instants are None while nothing is."""

    subscriptions: int
    versions: int
    first_started_at: datetime | None
    newest_observed_at: datetime | None


async def versions_as_of(
    database: Database, instant: datetime, academies: Sequence[int] | None = None
) -> pl.DataFrame:
    """Return the version of each subscription that counted just before `instant`.

    Only what had started by then, over or not. Columns: academy_id i64, user_id i64,
    status str, started_at, trial_ends_at, next_payment_at, valid_until, cancelled_at, ended_at
    (Datetime us UTC), mrr f64, currency str, effective_from. No order.
    Raises `SourceDown`.
    """
    return await bulk.read_frame(database, AS_OF_SQL, [instant, _array(academies)])


async def live_count(
    database: Database, instant: datetime, academies: Sequence[int] | None = None
) -> int:
    """Count the subscriptions whose status was live just before `instant`.

    At least as many as there are live ones, since their dates are not looked at.
    """
    counted = await bulk.read_frame(database, LIVE_COUNT_SQL, [instant, _array(academies)])
    return int(counted.item())


async def known_academies(database: Database) -> Sequence[int]:
    """List the academies that have or had subscriptions, in ascending order."""
    sql = text("SELECT DISTINCT academy_id FROM subscription_history ORDER BY academy_id")
    async with database.transaction() as session:
        return (await (await session.connection()).execute(sql)).scalars().all()


async def extent(database: Database) -> Extent:
    """Say how much is known, and from when to when."""
    async with database.transaction() as session:
        row = (await (await session.connection()).execute(text(EXTENT_SQL))).mappings().one()
    return Extent(**row)


def _array(academies: Sequence[int] | None) -> list[int] | None:
    return None if academies is None else list(academies)
