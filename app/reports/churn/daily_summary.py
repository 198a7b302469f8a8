"""The sums of a day's rows for each academy: frames in, frames out."""

from collections.abc import Mapping

import polars as pl

from app.reports.churn.scoring import WINDOW_DAYS, RiskLevel

NO_CURRENCY = "XXX"
"""What ISO 4217 calls an amount without a currency."""

STATUSES = ("FREE_TRIAL", "ACTIVE", "PAYMENT_ISSUE")


def active_by_day(subscribers: pl.DataFrame, activity: pl.DataFrame) -> pl.DataFrame:
    """Return academy_id i64, active_by_day list[i64] of 14, sorted by academy.

    Item i counts the academy's subscribers who were active i days before the day. Of
    `subscribers`, academy_id and user_id are read; of `activity`, user_id and active_days.
    """
    was_active = [pl.col("active_days") & (1 << back) != 0 for back in range(WINDOW_DAYS)]
    return (
        subscribers.select("academy_id", "user_id")
        .join(activity.select("user_id", "active_days"), on="user_id", how="left", validate="m:1")
        .group_by("academy_id")
        .agg(day.sum().cast(pl.Int64).alias(str(back)) for back, day in enumerate(was_active))
        .select(
            "academy_id",
            pl.concat_list(str(back) for back in range(WINDOW_DAYS)).alias("active_by_day"),
        )
        .sort("academy_id")
    )


def summarize(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each academy of scored rows, sorted by academy.

    academy_id, rows, low, medium, high, critical, free_trial, active, payment_issue (counts),
    score_sum f64 (exact to the hundredth), mrr_by_level: a Python object
    `{currency: {level: sum}}`, where an amount without a currency is under "XXX".
    """
    level, status = pl.col("risk_level"), pl.col("subscription_status")
    counted = (
        rows.group_by("academy_id")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            *((level == kind.value).sum().cast(pl.Int64).alias(kind.lower()) for kind in RiskLevel),
            *((status == kind).sum().cast(pl.Int64).alias(kind.lower()) for kind in STATUSES),
            _exact_sum("churn_risk_score").alias("score_sum"),
        )
        .sort("academy_id")
    )
    amounts = _mrr_by_level(rows)
    nested = [amounts.get(academy_id, {}) for academy_id in counted["academy_id"]]
    return counted.with_columns(pl.Series("mrr_by_level", nested, dtype=pl.Object))


def _mrr_by_level(rows: pl.DataFrame) -> Mapping[int, Mapping[str, Mapping[str, float]]]:
    sums = (
        rows.filter(pl.col("mrr").is_not_null())
        .group_by("academy_id", pl.col("currency").fill_null(NO_CURRENCY), "risk_level")
        .agg(_exact_sum("mrr"))
        .sort("academy_id", "currency", "risk_level")
    )
    nested: dict[int, dict[str, dict[str, float]]] = {}
    for academy_id, currency, level, mrr in sums.iter_rows():
        nested.setdefault(academy_id, {}).setdefault(currency, {})[level] = mrr
    return nested


def _exact_sum(column: str) -> pl.Expr:
    """Sum stored values in whole hundredths, so that their order cannot matter.

    Counted in 128 bits, no number of rows comes to more than can be counted.
    """
    return ((pl.col(column) * 100).round().cast(pl.Int128).sum() / 100).round(2)
