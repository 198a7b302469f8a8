"""Who was a subscriber on a day: whole columns in, one row for each academy and user out."""

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from app.kit.days import end_of, start_of
from app.kit.errors import Conflict
from app.sources.subscriptions.statuses import LIVE, OWING, SubscriptionStatus

MAX_GAP_DAYS = 30
"""A pause of at most so many days does not make a new subscriber."""

SUBSCRIBER_KEY = ["academy_id", "user_id"]
AMOUNT_DECIMALS = 4
"""Amounts are summed as whole ten-thousandths, so that their order cannot matter."""
DAYS_APART = 1_000_000_000
"""More days than any two instants lie apart."""
MAX_AMOUNT = 10**15
"""More than anybody pays: a live subscription that says so fails the day of its academy."""


def subscribers_on(versions: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """Return who had a live subscription on `day`, sorted by academy and user.

    `versions` has one row a subscription, as known at the end of the day: academy_id i64,
    user_id i64, status str, started_at, trial_ends_at, next_payment_at, valid_until, cancelled_at,
    ended_at, effective_from (Datetime us UTC), mrr f64, currency str.

    The answer has academy_id i64, user_id i64, subscription_status str, days_until_renewal i32?,
    tenure_days i32, days_until_trial_end i32?, mrr f64?, currency str?. Days are counted in
    `zone`, from `day`; `mrr` is the sum in the currency in which most is paid. Raises `Conflict`
    for an amount that cannot be added up.
    """
    spans = _spans(versions, day, zone)
    _check_amounts(spans)
    return (
        spans.group_by("subscriber", maintain_order=True)
        .agg(
            pl.col(SUBSCRIBER_KEY).first(),
            pl.col("live", "paid", "unpaid").any(),
            pl.col("days_until_renewal", "days_until_trial_end").min(),
            (-pl.col("unbroken_from").max()).alias("tenure_days"),
        )
        .filter("live")
        .join(_amounts(spans), on="subscriber", how="left", maintain_order="left")
        .select(
            *SUBSCRIBER_KEY,
            _status().alias("subscription_status"),
            "days_until_renewal",
            "tenure_days",
            "days_until_trial_end",
            "mrr",
            "currency",
        )
    )


def _spans(versions: pl.DataFrame, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """Return the subscriptions that had started, by academy, user and start, as spans of days.

    `subscriber` numbers the pairs of academy and user. `start` and `end` are days from `day`
    (0; earlier is negative); a live subscription reaches `day`. What ended on a day before its
    start never was. `unbroken_from` is the start where an unbroken time begins, else NULL.
    """
    columns = _facts(day, zone)
    is_other = pl.any_horizontal(*(pl.col(key) != pl.col(key).shift() for key in SUBSCRIBER_KEY))
    return (
        versions.filter(pl.col("started_at") < end_of(day, zone))
        .with_columns(_is_live(day, zone).alias("live"))
        .select(*SUBSCRIBER_KEY, "live", "currency", **columns)
        .filter(pl.col("end") >= pl.col("start"))
        .sort(*SUBSCRIBER_KEY, "start")
        .with_columns(is_other.fill_null(value=True).cum_sum().set_sorted().alias("subscriber"))
        .with_columns(pl.when(_begins_anew()).then("start").alias("unbroken_from"))
    )


def _is_live(day: date, zone: ZoneInfo) -> pl.Expr:
    """Judge a subscription that started before the end of `day`."""
    goes_on = pl.col("ended_at").is_null() | (pl.col("ended_at") >= end_of(day, zone))
    is_valid = pl.col("valid_until").is_null() | (pl.col("valid_until") >= start_of(day, zone))
    return pl.col("status").is_in(sorted(LIVE)) & goes_on & is_valid


def _facts(day: date, zone: ZoneInfo) -> dict[str, pl.Expr]:
    """Say what is known of each subscription; what only counts while live is else NULL or false."""
    live, status = pl.col("live"), pl.col("status")
    trial_ends_at = pl.coalesce("trial_ends_at", "valid_until", "next_payment_at")
    ends_at = pl.coalesce("ended_at", "cancelled_at", "valid_until", "effective_from")
    renewal = _days(pl.col("next_payment_at"), day, zone)
    trial_end = _days(trial_ends_at, day, zone)
    return {
        "start": _days(pl.col("started_at"), day, zone),
        "end": pl.when(live).then(0).otherwise(_days(ends_at, day, zone)),
        "paid": live & (status == SubscriptionStatus.ACTIVE),
        "unpaid": live & status.is_in(sorted(OWING)),
        "days_until_renewal": pl.when(live).then(renewal),
        "days_until_trial_end": pl.when(live & (status == SubscriptionStatus.FREE_TRIAL)).then(
            trial_end
        ),
        "mrr": pl.when(live).then("mrr"),
    }


def _check_amounts(spans: pl.DataFrame) -> None:
    excessive = spans.filter(pl.col("mrr") > MAX_AMOUNT).select("user_id", "mrr")
    if excessive.height:
        user_id, mrr = excessive.row(0)
        raise Conflict(
            f"User {user_id} has a subscription with an mrr of {mrr:g}, which is too much to be"
            f" added up (at most {MAX_AMOUNT:,}): correct it.",
            code="excessive_amount",
        )


def _begins_anew() -> pl.Expr:
    """Tell which spans begin too long after the furthest end of all that began before them.

    The last of these begins the time that holds every live span. The spans of each subscriber
    are moved far from the others', so that one running maximum serves all.
    """
    apart = pl.col("subscriber").cast(pl.Int64) * DAYS_APART
    furthest = (apart + pl.col("end")).cum_max().shift()
    return (apart + pl.col("start") > furthest + MAX_GAP_DAYS).fill_null(value=True)


def _amounts(spans: pl.DataFrame) -> pl.DataFrame:
    """Return subscriber, mrr, currency of those with a known amount; few have several."""
    units = (pl.col("mrr") * 10**AMOUNT_DECIMALS).round().cast(pl.Int128)
    known = spans.filter(pl.col("mrr").is_not_null()).select("subscriber", "currency", units=units)
    is_same = (pl.col("subscriber") == pl.col("subscriber").shift()).fill_null(value=False)
    several = is_same | is_same.shift(-1, fill_value=False)
    highest = (
        known.filter(several)
        .group_by("subscriber", "currency")
        .agg(pl.col("units").sum())
        .sort("units", "currency", descending=[True, False], nulls_last=True)
        .unique("subscriber", keep="first", maintain_order=True)
    )
    mrr = (pl.col("units") / 10**AMOUNT_DECIMALS).round(AMOUNT_DECIMALS)
    return pl.concat([known.filter(~several), highest]).select(
        "subscriber", mrr.alias("mrr"), "currency"
    )


def _status() -> pl.Expr:
    return (
        pl.when("unpaid")
        .then(pl.lit(SubscriptionStatus.PAYMENT_ISSUE.value))
        .when("paid")
        .then(pl.lit(SubscriptionStatus.ACTIVE.value))
        .otherwise(pl.lit(SubscriptionStatus.FREE_TRIAL.value))
    )


def _days(instant: pl.Expr, day: date, zone: ZoneInfo) -> pl.Expr:
    """Return the days from `day` to that of `instant` in `zone`, as i32."""
    return (instant.dt.convert_time_zone(zone.key).dt.date() - day).dt.total_days().cast(pl.Int32)
