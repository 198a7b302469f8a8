"""The alert conditions of the churn report, as a pure function of the rows of a day."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from app.alerts.contract import CONDITION_COLUMNS, Conditions
from app.alerts.enums import SEVERITIES, Severity
from app.alerts.rules.rule import Rule


class AlertType(StrEnum):
    INACTIVITY = "INACTIVITY"
    ENGAGEMENT_DROP = "ENGAGEMENT_DROP"
    HIGH_FRUSTRATION = "HIGH_FRUSTRATION"
    PAYMENT_RISK = "PAYMENT_RISK"
    TRIAL_EXPIRING = "TRIAL_EXPIRING"


CHURN_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        AlertType.INACTIVITY: Rule(threshold=7, needs_level=Severity.HIGH),
        AlertType.ENGAGEMENT_DROP: Rule(threshold=-50, needs_level=Severity.MEDIUM),
        AlertType.HIGH_FRUSTRATION: Rule(threshold=70, needs_level=Severity.MEDIUM),
        AlertType.PAYMENT_RISK: Rule(),
        AlertType.TRIAL_EXPIRING: Rule(threshold=3),
    }
)
"""Levels are needed too: by thresholds alone, half of all real learners had an alert in vain."""

BEHAVIOURAL = frozenset(
    {AlertType.INACTIVITY, AlertType.ENGAGEMENT_DROP, AlertType.HIGH_FRUSTRATION}
)
"""The types whose conditions are not known on a day with too little activity."""

MIN_LOGINS = 3
"""A drop needs at least so many logins in the week before."""
DROPPED_SHARE = 0.75
"""A drop lasts while there are fewer logins than this share of those before it."""
DROPPED_DAYS = 28
"""A drop lasts at most so many days; after that, the lower number is the usual one."""

SIGNALS = (
    "churn_risk_score",
    "risk_level",
    "main_reason",
    "coverage",
    "days_since_last_activity",
    "login_count_7d",
    "login_count_prior_7d",
    "login_trend",
    "assignments_completed_7d",
    "assignment_trend",
    "avg_engagement_score",
    "engagement_trend",
    "avg_frustration_score",
    "subscription_status",
    "days_until_renewal",
    "days_until_trial_end",
    "tenure_days",
)
"""The columns that an alert keeps of the day on which it opens."""


def judge_conditions(
    rows: pl.DataFrame,
    followed: pl.DataFrame,
    rules: Mapping[str, Rule],
    *,
    day: date,
    is_reliable: bool,
) -> Conditions:
    """Return the conditions of an academy's rows of `day`: user_id (i64) and `SIGNALS`.

    `followed` is as in `ConditionsRequest`.
    """
    conditions = [
        _conditions_of_type(
            alert_type,
            rows,
            followed,
            rules,
            day=day,
            is_known=is_reliable or alert_type not in BEHAVIOURAL,
        )
        for alert_type in AlertType
    ]
    return Conditions(live=rows.select("user_id"), rows=pl.concat(conditions))


def _conditions_of_type(
    alert_type: AlertType,
    rows: pl.DataFrame,
    followed: pl.DataFrame,
    rules: Mapping[str, Rule],
    *,
    day: date,
    is_known: bool,
) -> pl.DataFrame:
    own = followed.filter(alert_type=alert_type).select(
        "user_id", "is_open", "opened_on", is_followed=True, before=_logins_before()
    )
    fires = _fires(alert_type, rules, day) & _is_at(rules[alert_type].needs_level)
    return (
        rows.join(own, on="user_id", how="left", validate="1:1")
        .with_columns(fires=fires if is_known else pl.lit(None, dtype=pl.Boolean))
        .filter(pl.col("fires").fill_null(pl.col("is_followed")))
        .with_columns(
            alert_type=pl.lit(alert_type.value),
            severity=_severity(alert_type),
            metrics=pl.struct(SIGNALS).struct.json_encode(),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in CONDITION_COLUMNS.items())
    )


def _fires(alert_type: AlertType, rules: Mapping[str, Rule], day: date) -> pl.Expr:
    """Return whether the condition of an alert type holds; NULL when a signal is not known."""
    threshold = _threshold(rules[alert_type])
    inactive = rules[AlertType.INACTIVITY]
    is_inactive = pl.lit(inactive.enabled) & _is_inactive(_threshold(inactive))
    conditions = {
        AlertType.INACTIVITY: _is_inactive(threshold),
        AlertType.ENGAGEMENT_DROP: pl.when("is_open")
        .then(_is_still_down(day))
        .otherwise(_has_dropped(threshold) & ~is_inactive),
        AlertType.HIGH_FRUSTRATION: pl.col("avg_frustration_score") >= threshold,
        AlertType.PAYMENT_RISK: pl.col("subscription_status") == "PAYMENT_ISSUE",
        AlertType.TRIAL_EXPIRING: _is_expiring(threshold),
    }
    return pl.lit(rules[alert_type].enabled) & conditions[alert_type]


def _threshold(rule: Rule) -> pl.Expr:
    return pl.lit(rule.threshold, dtype=pl.Float64)


def _is_inactive(days: pl.Expr) -> pl.Expr:
    return pl.col("days_since_last_activity") >= days


def _has_dropped(trend: pl.Expr) -> pl.Expr:
    return (pl.col("login_trend") <= trend) & (pl.col("login_count_prior_7d") >= MIN_LOGINS)


def _is_still_down(day: date) -> pl.Expr:
    is_recent = (pl.lit(day) - pl.col("opened_on")).dt.total_days() < DROPPED_DAYS
    return is_recent & (pl.col("login_count_7d") < DROPPED_SHARE * pl.col("before"))


def _is_expiring(days: pl.Expr) -> pl.Expr:
    """Return whether a trial ends soon; a learner who also pays is not in `FREE_TRIAL`."""
    is_near = pl.col("days_until_trial_end").is_between(0, days).fill_null(value=False)
    return (pl.col("subscription_status") == "FREE_TRIAL") & is_near


def _logins_before() -> pl.Expr:
    return pl.col("metrics").str.json_path_match("$.login_count_prior_7d").cast(pl.Int64)


def _is_at(level: Severity) -> pl.Expr:
    return pl.col("risk_level").cast(SEVERITIES) >= pl.lit(level.value, dtype=SEVERITIES)


def _severity(alert_type: AlertType) -> pl.Expr:
    fixed = {
        AlertType.PAYMENT_RISK: Severity.CRITICAL,
        AlertType.TRIAL_EXPIRING: Severity.HIGH,
    }
    return pl.lit(fixed[alert_type].value) if alert_type in fixed else pl.col("risk_level")
