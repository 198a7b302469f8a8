"""The columns of a scored row, and the order in which rows are stored."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

STORED_COLUMNS: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "report_date": pl.Date,
        "academy_id": pl.Int64,
        "user_id": pl.Int64,
        "churn_risk_score": pl.Float64,
        "risk_level": pl.String,
        "main_reason": pl.String,
        "coverage": pl.Float64,
        "days_since_last_activity": pl.Int16,
        "last_active_on": pl.Date,
        "active_days_in_window": pl.Int16,
        "login_count_7d": pl.Int32,
        "login_count_prior_7d": pl.Int32,
        "login_trend": pl.Float64,
        "assignments_completed_7d": pl.Int32,
        "assignments_completed_prior_7d": pl.Int32,
        "assignment_trend": pl.Float64,
        "avg_engagement_score": pl.Float64,
        "engagement_baseline": pl.Float64,
        "engagement_trend": pl.Float64,
        "avg_frustration_score": pl.Float64,
        "subscription_status": pl.String,
        "has_payment_issues": pl.Boolean,
        "days_until_renewal": pl.Int32,
        "days_until_trial_end": pl.Int32,
        "tenure_days": pl.Int32,
        "mrr": pl.Float64,
        "currency": pl.String,
        "contribution_inactivity": pl.Float64,
        "contribution_engagement_decay": pl.Float64,
        "contribution_frustration": pl.Float64,
        "contribution_login_decay": pl.Float64,
        "contribution_assignment_stall": pl.Float64,
        "contribution_payment_issues": pl.Float64,
        "scoring_version": pl.Int16,
    }
)
"""What `score` answers, in order; after it a table adds the run."""

ROUNDED = (
    "coverage",
    "login_trend",
    "assignment_trend",
    "avg_engagement_score",
    "engagement_baseline",
    "engagement_trend",
    "avg_frustration_score",
    "mrr",
)
"""Computed columns that are stored rounded to hundredths."""

RENEWALS = 1 << 32
"""More than the days until a renewal can differ; unknown ones come after all of them."""


def as_listed(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort an academy's rows, given by user: highest score first, then soonest renewal, then user.

    So both indexes by score grow at one place, and a page of the list lies together in the table.
    One whole number carries the order, because a sort by several columns takes three times as long.
    """
    cents = (pl.col("churn_risk_score") * 100).round().cast(pl.Int64)
    renewal = pl.col("days_until_renewal").cast(pl.Int64).fill_null(RENEWALS)
    place = renewal - cents * (4 * RENEWALS)
    return rows.sort(place, maintain_order=True)
