"""What alerts are told of the churn report."""

from asyncio import to_thread
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import polars as pl

from app.alerts.reporting import Asked, Conditions
from app.alerts.rules import Rule
from app.kit.bulk import read_frame
from app.kit.db import Database
from app.reports.churn.alert_rules import RULES, AlertType, judge
from app.reports.churn.scoring import IDLE_CAP_DAYS

HERE = Path(__file__).parent
ROWS_SQL = (HERE / "alert_rows.sql").read_text("utf-8")
SCORES_SQL = (HERE / "alert_scores.sql").read_text("utf-8")


class ChurnAlerts:
    """The alerts of the churn report."""

    report_type: str = "churn"
    rules: Mapping[str, Rule] = RULES
    scores_sql: str = SCORES_SQL

    async def conditions(self, database: Database, asked: Asked) -> Conditions:
        """Judge an academy's day by its stored rows alone; raise `SourceDown`."""
        rows = await read_frame(database, ROWS_SQL, [asked.day, asked.academy_id])
        return await self.conditions_of(rows, asked)

    async def conditions_of(self, rows: pl.DataFrame, asked: Asked) -> Conditions:
        """Judge an academy's day by `rows`: user_id and `SIGNALS`, as they are to be stored."""
        return await to_thread(
            judge,
            rows,
            asked.followed,
            asked.rules,
            day=asked.day,
            is_reliable=asked.is_reliable,
        )

    def words(self, alert_type: str, metrics: Mapping[str, object]) -> str:
        """Say why an alert opened, by the signals at that time."""
        match AlertType(alert_type):
            case AlertType.INACTIVITY:
                return _inactivity(_number(metrics, "days_since_last_activity"))
            case AlertType.ENGAGEMENT_DROP:
                week = _number(metrics, "login_count_7d")
                before = _number(metrics, "login_count_prior_7d")
                return f"logged in {week} times in a week, {before} times in the one before"
            case AlertType.HIGH_FRUSTRATION:
                return f"frustration at {_number(metrics, 'avg_frustration_score')} of 100"
            case AlertType.PAYMENT_RISK:
                return "a payment failed"
            case AlertType.TRIAL_EXPIRING:
                return _trial(_number(metrics, "days_until_trial_end"))
            case kind:
                assert_never(kind)


def _number(metrics: Mapping[str, object], name: str) -> int:
    value = metrics.get(name)
    return round(value) if isinstance(value, int | float) else 0


def _inactivity(days: int) -> str:
    return f"not seen for {days} days{' or more' if days >= IDLE_CAP_DAYS else ''}"


def _trial(days: int) -> str:
    if days == 0:
        return "the trial ends today"
    return f"the trial ends in {days} day{'' if days == 1 else 's'}"


alerts = ChurnAlerts()
