"""Plain rows and frames; set only what a test is about."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

DAY = date(2024, 3, 14)
INSTANT = pl.Datetime("us", "UTC")

VERSION: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "academy_id": pl.Int64,
    "user_id": pl.Int64,
    "status": pl.String,
    "started_at": INSTANT,
    "trial_ends_at": INSTANT,
    "next_payment_at": INSTANT,
    "valid_until": INSTANT,
    "cancelled_at": INSTANT,
    "ended_at": INSTANT,
    "mrr": pl.Float64,
    "currency": pl.String,
    "effective_from": INSTANT,
}
SUBSCRIBER: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "academy_id": pl.Int64,
    "user_id": pl.Int64,
    "subscription_status": pl.String,
    "days_until_renewal": pl.Int32,
    "tenure_days": pl.Int32,
    "days_until_trial_end": pl.Int32,
    "mrr": pl.Float64,
    "currency": pl.String,
}
ACTIVITY: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.Int64,
    "active_days": pl.Int64,
    "login_count_7d": pl.Int64,
    "login_count_prior_7d": pl.Int64,
    "assignments_completed_7d": pl.Int64,
    "assignments_completed_prior_7d": pl.Int64,
}
TELEMETRY: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.Int64,
    "avg_engagement_score": pl.Float64,
    "avg_frustration_score": pl.Float64,
    "engagement_baseline": pl.Float64,
}

Row = Mapping[str, object]


def at(day: str, time: str = "12:00") -> datetime:
    """Return an instant, written as a day and a time in UTC."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)


def version(**changes: object) -> Row:
    """Return a paid subscription that began long before `DAY`."""
    row: dict[str, object] = dict.fromkeys(VERSION)
    row |= {"academy_id": 1, "user_id": 1, "status": "ACTIVE"}
    row |= {"started_at": at("2023-11-01"), "effective_from": at("2023-11-01")}
    return row | changes


def versions(*rows: Row) -> pl.DataFrame:
    """Return a frame of subscriptions as known on a day."""
    return pl.DataFrame(list(rows), schema=VERSION)


def subscriber(**changes: object) -> Row:
    """Return somebody who has been paying for a hundred days."""
    row: dict[str, object] = dict.fromkeys(SUBSCRIBER)
    row |= {"academy_id": 1, "user_id": 1, "subscription_status": "ACTIVE", "tenure_days": 100}
    return row | changes


def subscribers(*rows: Row) -> pl.DataFrame:
    """Return a frame of who was live on a day."""
    return pl.DataFrame(list(rows), schema=SUBSCRIBER)


def activity(**changes: object) -> Row:
    """Return somebody who was active on every day of the window, but never logged in."""
    row: dict[str, object] = dict.fromkeys(ACTIVITY, 0)
    return row | {"user_id": 1, "active_days": 0b1111111_1111111} | changes


def activities(*rows: Row) -> pl.DataFrame:
    """Return a frame of activity in the window, a row a user."""
    return pl.DataFrame(list(rows), schema=ACTIVITY)


def telemetry(**changes: object) -> Row:
    """Return somebody of whom no mean is known."""
    row: dict[str, object] = dict.fromkeys(TELEMETRY)
    return row | {"user_id": 1} | changes


def telemetries(*rows: Row) -> pl.DataFrame:
    """Return a frame of means, a row a user."""
    return pl.DataFrame(list(rows), schema=TELEMETRY)
