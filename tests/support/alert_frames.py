"""Rows of a churn day, and of followed episodes, as input of the alert conditions."""

from collections.abc import Mapping

import polars as pl

from app.alerts.contract import FOLLOWED_COLUMNS
from app.reports.churn.columns import STORED_COLUMNS
from tests.support.rows import DAY, Row

HEALTHY: Mapping[str, object] = {
    "report_date": DAY,
    "academy_id": 1,
    "user_id": 1,
    "churn_risk_score": 10.0,
    "risk_level": "LOW",
    "main_reason": "inactivity",
    "coverage": 0.65,
    "days_since_last_activity": 1,
    "last_active_on": None,
    "active_days_in_window": 10,
    "login_count_7d": 5,
    "login_count_prior_7d": 5,
    "login_trend": 0.0,
    "assignments_completed_7d": 2,
    "assignments_completed_prior_7d": 2,
    "assignment_trend": 0.0,
    "subscription_status": "ACTIVE",
    "has_payment_issues": False,
    "tenure_days": 100,
    "scoring_version": 1,
}


def stored(**changes: object) -> Row:
    """Return a stored row that no alert fires for."""
    return {**dict.fromkeys(STORED_COLUMNS), **HEALTHY, **changes}


def stored_rows(*rows: Row) -> pl.DataFrame:
    """Return a frame of stored rows."""
    return pl.DataFrame(list(rows), schema=STORED_COLUMNS, orient="row")


def followed_row(**changes: object) -> Row:
    """Return a followed episode that opened on `DAY`, with five logins in the week before."""
    metrics = '{"login_count_prior_7d":5}'
    row = {"user_id": 1, "alert_type": "INACTIVITY", "is_open": True, "opened_on": DAY}
    return {**row, "metrics": metrics, **changes}


def followed_rows(*rows: Row) -> pl.DataFrame:
    """Return a frame of followed episodes."""
    return pl.DataFrame(list(rows), schema=FOLLOWED_COLUMNS, orient="row")
