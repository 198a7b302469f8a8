"""How likely a subscriber is to leave, in whole columns: frames in, frames out."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from app.reports.churn.columns import ROUNDED, STORED_COLUMNS

SCORING_VERSION = 1
SCHEMA_VERSION = 1

WINDOW_DAYS = 14
IDLE_CAP_DAYS = 14
"""Whoever was last active so many days ago or more is as inactive as can be."""
WEEK_BITS = 0b0000000_1111111
PRIOR_BITS = 0b1111111_0000000
NEWCOMER_DAYS = 14
"""Somebody who has been there for less has no trend and cannot be silent."""

LEARNER_KEY = ("academy_id", "user_id")


class RiskLevel(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Signal(StrEnum):
    """What speaks for leaving, in the order in which equal contributions are named."""

    INACTIVITY = "inactivity"
    ENGAGEMENT_DECAY = "engagement_decay"
    FRUSTRATION = "frustration"
    LOGIN_DECAY = "login_decay"
    ASSIGNMENT_STALL = "assignment_stall"
    PAYMENT_ISSUES = "payment_issues"


WEIGHTS_BY_VERSION: Mapping[int, Mapping[Signal, float]] = MappingProxyType(
    {
        1: MappingProxyType(
            {
                Signal.INACTIVITY: 0.25,
                Signal.ENGAGEMENT_DECAY: 0.20,
                Signal.FRUSTRATION: 0.15,
                Signal.LOGIN_DECAY: 0.15,
                Signal.ASSIGNMENT_STALL: 0.15,
                Signal.PAYMENT_ISSUES: 0.10,
            }
        ),
    }
)
"""The weights of every version that rows were ever scored with: stored rows are explained by them.

Other weights are a new version; those of an old one never change.
"""
WEIGHTS = WEIGHTS_BY_VERSION[SCORING_VERSION]
THRESHOLDS: Mapping[RiskLevel, float] = MappingProxyType(
    {RiskLevel.LOW: 0, RiskLevel.MEDIUM: 25, RiskLevel.HIGH: 50, RiskLevel.CRITICAL: 75}
)
"""The lowest score of each level."""

NUDGE = 1e-9
"""Added before rounding, so that a decimal half that a float just misses is rounded up."""
UNITS_A_CENT = 10_000
"""Contributions are compared and shared out in whole ten-thousandths of a hundredth."""

PAYMENT_ISSUE = "PAYMENT_ISSUE"
ACTIVITY_COUNTS = (
    "active_days",
    "login_count_7d",
    "login_count_prior_7d",
    "assignments_completed_7d",
    "assignments_completed_prior_7d",
)


def score(
    subscribers: pl.DataFrame, activity: pl.DataFrame, telemetry: pl.DataFrame, *, day: date
) -> pl.DataFrame:
    """Return `COLUMNS` of every subscriber on `day`, sorted by academy and user.

    `subscribers`: academy_id, user_id, subscription_status, days_until_renewal, tenure_days,
    days_until_trial_end, mrr, currency. `activity`: user_id, active_days (bit i: active i days
    before `day`, i = 0..13), login_count_7d, login_count_prior_7d, assignments_completed_7d,
    assignments_completed_prior_7d; who has no row was not active. `telemetry`: user_id,
    avg_engagement_score, avg_frustration_score, engagement_baseline (any may be NULL).

    Everything is computed from what is given, and rounded once, when it is stored; only a
    baseline that is stored as 0 counts as 0. Raises `polars.exceptions.ComputeError` when a user
    has two rows of activity or of telemetry.
    """
    return (
        subscribers.sort(LEARNER_KEY)
        .join(activity, on="user_id", how="left", validate="m:1", maintain_order="left")
        .join(telemetry, on="user_id", how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.col(ACTIVITY_COUNTS).fill_null(0))
        .with_columns(**_presence())
        .with_columns(**_trends())
        .with_columns(**_signals())
        .with_columns(**_totals())
        .with_columns(**_cuts())
        .with_columns(**_shares())
        .with_columns(**_stored(day))
        .select(pl.col(name).cast(kind) for name, kind in STORED_COLUMNS.items())
    )


def _presence() -> dict[str, pl.Expr]:
    active_days, tenure = pl.col("active_days") & (WEEK_BITS | PRIOR_BITS), pl.col("tenure_days")
    absent = active_days == 0
    days_since = active_days.bitwise_trailing_zeros().cast(pl.Int64)
    return {
        "active_days_in_window": active_days.bitwise_count_ones(),
        "days_since_last_activity": pl.when(absent)
        .then(pl.min_horizontal(tenure, IDLE_CAP_DAYS))
        .otherwise(days_since),
        "silent": absent & (tenure >= NEWCOMER_DAYS),
        "unknown": (active_days & PRIOR_BITS == 0) & (tenure < NEWCOMER_DAYS),
    }


def _trends() -> dict[str, pl.Expr]:
    mean, baseline = pl.col("avg_engagement_score"), pl.col("engagement_baseline")
    has_baseline = _cents(baseline) != 0
    return {
        "login_trend": _count_trend("login_count"),
        "assignment_trend": _count_trend("assignments_completed"),
        "engagement_trend": pl.when(has_baseline & pl.col("silent"))
        .then(-100.0)
        .when(has_baseline)
        .then(100 * (mean - baseline) / baseline),
    }


def _count_trend(name: str) -> pl.Expr:
    week, prior = pl.col(f"{name}_7d"), pl.col(f"{name}_prior_7d")
    change = 100 * (week - prior) / pl.max_horizontal(prior, 1)
    return pl.when("silent").then(-100.0).when(~pl.col("unknown")).then(change)


def _signals() -> dict[str, pl.Expr]:
    """Return each signal by its name, within 0 to 100, NULL when it is missing."""
    is_unpaid = pl.col("subscription_status") == PAYMENT_ISSUE
    values = {
        Signal.INACTIVITY: 100 * pl.col("days_since_last_activity") / IDLE_CAP_DAYS,
        Signal.ENGAGEMENT_DECAY: -pl.col("engagement_trend"),
        Signal.FRUSTRATION: pl.col("avg_frustration_score"),
        Signal.LOGIN_DECAY: -pl.col("login_trend"),
        Signal.ASSIGNMENT_STALL: -pl.col("assignment_trend"),
        Signal.PAYMENT_ISSUES: pl.when(is_unpaid).then(100.0).otherwise(0.0),
    }
    return {signal: value.clip(0, 100) for signal, value in values.items()}


def _totals() -> dict[str, pl.Expr]:
    known = pl.sum_horizontal(
        pl.col(signal).is_not_null() * weight for signal, weight in WEIGHTS.items()
    )
    weighted = pl.sum_horizontal(pl.col(signal) * weight for signal, weight in WEIGHTS.items())
    return {
        "coverage": known,
        "score_cents": _cents(weighted / known),
        **{
            f"units_{signal}": (pl.col(signal) * (weight * 100 * UNITS_A_CENT) / known)
            .round()
            .cast(pl.Int32)
            for signal, weight in WEIGHTS.items()
        },
    }


def _cuts() -> dict[str, pl.Expr]:
    units = {signal: pl.col(f"units_{signal}") for signal in Signal}
    return {
        **{f"cut_{signal}": value // UNITS_A_CENT for signal, value in units.items()},
        **{f"rest_{signal}": value % UNITS_A_CENT for signal, value in units.items()},
    }


def _shares() -> dict[str, pl.Expr]:
    """Cut the contributions to the hundredth and hand what is left to the largest remainders.

    So they add up to the score, none is negative or off by a hundredth, and the order of their
    sizes stays.
    """
    left = pl.col("score_cents") - pl.sum_horizontal(f"cut_{signal}" for signal in Signal)
    return {
        f"contribution_{signal}": _points(pl.col(f"cut_{signal}") + (_place(signal) < left))
        for signal in Signal
    }


def _place(signal: Signal) -> pl.Expr:
    """Count the signals that come before this one when what was cut off is handed out."""
    order = list(Signal)
    place = order.index(signal)
    own = pl.col(f"rest_{signal}")
    before = [pl.col(f"rest_{other}") >= own for other in order[:place]]
    after = [pl.col(f"rest_{other}") > own for other in order[place + 1 :]]
    return pl.sum_horizontal(other.cast(pl.Int8) for other in before + after)


def _stored(day: date) -> dict[str, pl.Expr]:
    points = _points(pl.col("score_cents"))
    days_ago = pl.duration(days="days_since_last_activity")
    is_active = pl.col("active_days_in_window") > 0
    return {
        "report_date": pl.lit(day),
        "risk_level": _level(points),
        "main_reason": _main_reason(),
        "last_active_on": pl.when(is_active).then(pl.lit(day) - days_ago),
        "has_payment_issues": pl.col("subscription_status") == PAYMENT_ISSUE,
        "scoring_version": pl.lit(SCORING_VERSION),
        "churn_risk_score": points,
        **{name: _points(_cents(pl.col(name))) for name in ROUNDED},
    }


def _level(points: pl.Expr) -> pl.Expr:
    passed = pl.sum_horizontal((points >= low).cast(pl.UInt32) for low in THRESHOLDS.values())
    return _named(list(THRESHOLDS), passed - 1)


def _main_reason() -> pl.Expr:
    """Return the first of the largest contributions as stored; NULL when the score is 0."""
    largest = pl.max_horizontal(f"contribution_{signal}" for signal in Signal)
    is_main = {
        signal: (pl.col("score_cents") > 0) & (pl.col(f"contribution_{signal}") == largest)
        for signal in Signal
    }
    place = pl.coalesce(
        pl.when(is_main[signal]).then(pl.lit(place, pl.UInt32))
        for place, signal in enumerate(Signal)
    )
    return _named(list(Signal), place)


def _named(names: Sequence[StrEnum], place: pl.Expr) -> pl.Expr:
    """Look names up by their place; that is faster than to write them row by row."""
    return pl.lit(pl.Series([name.value for name in names])).gather(place)


def _cents(value: pl.Expr) -> pl.Expr:
    """Return the hundredths of a value, rounded half up."""
    return ((value + NUDGE) * 100 + 0.5).floor()


def _points(cents: pl.Expr) -> pl.Expr:
    """Return hundredths as the float nearest to them; the division alone may just miss it."""
    return (cents / 100).round(2)
