"""The rules of the report: frames in, frames out, with Polars and the standard library only."""

from datetime import date

import polars as pl

SOON_DAYS = 7


def renewals_of(subscribers: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return a row for each subscriber of `day`, sorted by academy and user.

    The columns and their types are those of the table `renewal_reports`, without `run_id`.
    """
    is_soon = pl.col("days_until_renewal").is_between(0, SOON_DAYS).fill_null(value=False)
    return subscribers.select(
        pl.lit(day).alias("report_date"),
        "academy_id",
        "user_id",
        "days_until_renewal",
        is_soon.alias("is_soon"),
        "mrr",
        "currency",
    )


def summarize(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each academy of `rows`: academy_id, subscribers, soon, mrr (a dict)."""
    sums = rows.group_by("academy_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("subscribers"),
        pl.col("is_soon").sum().cast(pl.Int64).alias("soon"),
    )
    amounts: dict[int, dict[str, float]] = {academy_id: {} for academy_id in sums["academy_id"]}
    soon = rows.filter(pl.col("is_soon") & pl.col("mrr").is_not_null())
    by_currency = soon.group_by("academy_id", pl.col("currency").fill_null("XXX"))
    for academy_id, currency, mrr in by_currency.agg(pl.col("mrr").sum().round(2)).iter_rows():
        amounts[academy_id][currency] = mrr
    return sums.with_columns(pl.Series("mrr", list(amounts.values()), dtype=pl.Object))
