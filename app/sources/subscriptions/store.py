"""Reads subscriptions: their versions as of an instant, and what is known at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import text

from app.kit.db import copy
from app.kit.db.engine import Database
from app.kit.sql import load_sql
from app.sources.subscriptions.statuses import load_status_sql

AS_OF_SQL = load_sql(__package__, "as_of")
LIVE_COUNT_SQL = load_status_sql(__package__, "live_count")
EXTENT_SQL = load_sql(__package__, "extent")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionExtent:
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
    return await copy.read_frame(database, AS_OF_SQL, [instant, _array(academies)])


async def live_count(
    database: Database, instant: datetime, academies: Sequence[int] | None = None
) -> int:
    """Count the subscriptions whose status was live just before `instant`.

    At least as many as there are live ones, since their dates are not looked at.
    """
    counted = await copy.read_frame(database, LIVE_COUNT_SQL, [instant, _array(academies)])
    return int(counted.item())


async def known_academies(database: Database) -> Sequence[int]:
    """List the academies that have or had subscriptions, in ascending order."""
    sql = text("SELECT DISTINCT academy_id FROM subscription_history ORDER BY academy_id")
    async with database.transaction() as session:
        return (await (await session.connection()).execute(sql)).scalars().all()


async def extent(database: Database) -> SubscriptionExtent:
    """Say how much is known, and from when to when."""
    async with database.transaction() as session:
        row = (await (await session.connection()).execute(text(EXTENT_SQL))).mappings().one()
    return SubscriptionExtent(**row)


def _array(academies: Sequence[int] | None) -> list[int] | None:
    return None if academies is None else list(academies)
