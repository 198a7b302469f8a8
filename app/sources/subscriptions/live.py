"""Who was a subscriber on a day: whole columns in, one row for each academy and user out."""

from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

import polars as pl

from app.kit.days import end_of, start_of

MAX_GAP_DAYS = 30
"""A pause of at most so many days does not make a new subscriber."""

KEYS = ["academy_id", "user_id"]
AMOUNT_SCALE = 10_000
"""Amounts are summed as whole ten-thousandths, so that their order cannot matter."""


class Status(StrEnum):
    FREE_TRIAL = "FREE_TRIAL"
    ACTIVE = "ACTIVE"
    PAYMENT_ISSUE = "PAYMENT_ISSUE"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    ERROR = "ERROR"
    DEPRECATED = "DEPRECATED"
    FULLY_PAID = "FULLY_PAID"


UNPAID = (Status.PAYMENT_ISSUE, Status.ERROR)
LIVE = (Status.FREE_TRIAL, Status.ACTIVE, *UNPAID)


def subscribers_on(versions: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """Return who had a live subscription on `day`, sorted by academy and user.

    `versions` has one row a subscription, as known at the end of the day: subscription_id str,
    academy_id i64, user_id i64, status str, started_at, trial_ends_at, next_payment_at,
    valid_until, cancelled_at, ended_at, effective_from (Datetime us UTC), mrr f64, currency str.

    The answer has academy_id i64, user_id i64, subscription_status str, days_until_renewal i32?,
    tenure_days i32, days_until_trial_end i32?, mrr f64?, currency str?. Days are counted in
    `zone`, from `day`; the amount is a month's, in the currency in which most is paid.
    """
    started = versions.filter(pl.col("started_at") < end_of(day, zone)).with_columns(
        _is_live(day, zone).alias("live")
    )
    live = started.filter("live")
    return (
        _standing(live, day, zone)
        .join(_tenure(started, day, zone), on=KEYS, how="left", validate="1:1")
        .join(_amounts(live), on=KEYS, how="left", validate="1:1")
        .select(
            *KEYS,
            "subscription_status",
            "days_until_renewal",
            "tenure_days",
            "days_until_trial_end",
            "mrr",
            "currency",
        )
        .sort(KEYS)
    )


def _is_live(day: date, zone: ZoneInfo) -> pl.Expr:
    """Judge a subscription that started before the end of `day`."""
    goes_on = pl.col("ended_at").is_null() | (pl.col("ended_at") >= end_of(day, zone))
    is_valid = pl.col("valid_until").is_null() | (pl.col("valid_until") >= start_of(day, zone))
    return (pl.col("status").is_in(LIVE) & goes_on & is_valid).fill_null(value=False)


def _standing(live: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    trial_end = pl.coalesce("trial_ends_at", "valid_until", "next_payment_at")
    is_trial = pl.col("status") == Status.FREE_TRIAL
    facts = live.select(
        *KEYS,
        pl.col("status").is_in(UNPAID).alias("unpaid"),
        (pl.col("status") == Status.ACTIVE).alias("paid"),
        pl.col("next_payment_at").alias("renews_at"),
        pl.when(is_trial).then(trial_end).alias("trial_ends_at"),
    )
    status = (
        pl.when("unpaid")
        .then(pl.lit(Status.PAYMENT_ISSUE.value))
        .when("paid")
        .then(pl.lit(Status.ACTIVE.value))
        .otherwise(pl.lit(Status.FREE_TRIAL.value))
    )
    return (
        facts.group_by(KEYS)
        .agg(pl.col("unpaid", "paid").any(), pl.col("renews_at", "trial_ends_at").min())
        .select(
            *KEYS,
            status.alias("subscription_status"),
            _days_until("renews_at", day, zone).alias("days_until_renewal"),
            _days_until("trial_ends_at", day, zone).alias("days_until_trial_end"),
        )
    )


def _tenure(started: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """Return academy_id, user_id, tenure_days of those who are live.

    Subscriptions become spans of days, counted from `day` (0; earlier is negative), where a
    live one reaches `day`. In the order of their starts, a span that starts too long after the
    furthest end of all before it begins a new unbroken time, and the last of these holds every
    live one. What ended on a day before its start never was.
    """
    spans = _spans(started, day, zone).sort(*KEYS, "start")
    is_first = (pl.struct(KEYS) != pl.struct(KEYS).shift()).fill_null(value=True)
    furthest = pl.col("end").cum_max().shift().over(KEYS)
    return (
        spans.with_columns(is_new=(pl.col("start") > furthest + MAX_GAP_DAYS).fill_null(value=True))
        .filter("is_new")
        .group_by(KEYS)
        .agg((-pl.col("start").max()).alias("tenure_days"))
    )


def _spans(started: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    ends_at = pl.coalesce("ended_at", "cancelled_at", "valid_until", "effective_from")
    end = pl.when("live").then(0).otherwise(pl.min_horizontal(_days(ends_at, day, zone), 0))
    return (
        started.filter(pl.col("live").any().over(KEYS))
        .select(*KEYS, _days_until("started_at", day, zone).alias("start"), end.alias("end"))
        .filter(pl.col("end") >= pl.col("start"))
    )


def _amounts(live: pl.DataFrame) -> pl.DataFrame:
    """Return academy_id, user_id, mrr, currency of those with a known amount."""
    units = (pl.col("mrr") * AMOUNT_SCALE).round().cast(pl.Int64)
    return (
        live.filter(pl.col("mrr").is_not_null())
        .group_by(*KEYS, "currency")
        .agg(units.sum().alias("units"))
        .sort("units", "currency", descending=[True, False], nulls_last=True)
        .unique(KEYS, keep="first", maintain_order=True)
        .select(*KEYS, (pl.col("units") / AMOUNT_SCALE).alias("mrr"), "currency")
    )


def _days_until(column: str, day: date, zone: ZoneInfo) -> pl.Expr:
    return _days(pl.col(column), day, zone)


def _days(instant: pl.Expr, day: date, zone: ZoneInfo) -> pl.Expr:
    """Return the days from `day` to that of `instant` in `zone`, as i32."""
    return (instant.dt.convert_time_zone(zone.key).dt.date() - day).dt.total_days().cast(pl.Int32)
