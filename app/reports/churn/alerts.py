"""The churn report as a source of alerts about its learners."""

from asyncio import to_thread
from collections.abc import Mapping

import polars as pl

from app.alerts.contract import Conditions, ConditionsRequest
from app.alerts.enums import AlertSubject
from app.alerts.rules.rule import Rule
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.sql import load_sql
from app.reports.churn.alert_rules import CHURN_RULES, judge_conditions
from app.sources.subscriptions.statuses import load_status_sql

ROWS_SQL = load_sql(__package__, "alert_rows")


class ChurnAlerts:
    """The alerts of the churn report; an outcome is that a learner left the academy."""

    report_type: str = "churn"
    subject: AlertSubject = AlertSubject.LEARNER
    rules: Mapping[str, Rule] = CHURN_RULES
    outcome_sql: str = load_status_sql(__package__, "alert_outcomes")
    current_value_sql: str = load_sql(__package__, "alert_value")
    reason_sql: str = load_sql(__package__, "alert_reason")

    async def conditions(self, database: Database, request: ConditionsRequest) -> Conditions:
        """Return the conditions of a published day, from its stored rows; raise `SourceDown`."""
        rows = await read_frame(database, ROWS_SQL, [request.day, request.academy_id])
        return await self.conditions_of(rows, request)

    async def conditions_of(self, rows: pl.DataFrame, request: ConditionsRequest) -> Conditions:
        """Return the conditions of `rows`: user_id and `SIGNALS`, one row for each learner."""
        return await to_thread(
            judge_conditions,
            rows,
            request.followed,
            request.rules,
            day=request.day,
            is_reliable=request.is_reliable,
        )


alerts = ChurnAlerts()
