"""The renewals report as a source of alerts about its learners."""

from collections.abc import Mapping

import polars as pl

from app.alerts.contract import CONDITION_COLUMNS, Conditions, ConditionsRequest
from app.alerts.enums import SEVERITIES, AlertSubject, Severity
from app.alerts.rules.rule import Rule
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.sql import load_sql

RENEWAL_SOON = "RENEWAL_SOON"
ROWS_SQL = load_sql(__package__, "alert_rows")


class RenewalAlerts:
    """An alert of each learner whose subscription renews soon; clear once it has been renewed."""

    report_type: str = "renewals"
    subject: AlertSubject = AlertSubject.LEARNER
    rules: Mapping[str, Rule] = {RENEWAL_SOON: Rule()}
    outcome_sql: str = load_sql(__package__, "alert_outcomes")
    current_value_sql: str = load_sql(__package__, "alert_value")
    reason_sql: str = load_sql(__package__, "alert_reason")

    async def conditions(self, database: Database, request: ConditionsRequest) -> Conditions:
        """Return the conditions of a published day, from its stored rows; raise `SourceDown`."""
        rows = await read_frame(database, ROWS_SQL, [request.day, request.academy_id])
        is_enabled = request.rules[RENEWAL_SOON].enabled
        fires = rows.filter(pl.col("is_soon") & pl.lit(is_enabled)).select(
            "user_id",
            pl.lit(RENEWAL_SOON).alias("alert_type"),
            pl.lit(value=True).alias("fires"),
            pl.lit(Severity.MEDIUM.value, SEVERITIES).alias("severity"),
            pl.struct("days_until_renewal").struct.json_encode().alias("metrics"),
        )
        return Conditions(live=rows.select("user_id"), rows=fires.select(*CONDITION_COLUMNS))


alerts = RenewalAlerts()
