"""What alerts are told of the churn report."""

from asyncio import to_thread
from collections.abc import Mapping

import polars as pl

from app.alerts.contract import Conditions, ConditionsRequest
from app.alerts.rules.rule import Rule
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.kit.sql import load_sql
from app.reports.churn.alert_rules import CHURN_RULES, judge_conditions

ROWS_SQL = load_sql(__package__, "alert_rows")
SCORES_SQL = load_sql(__package__, "alert_scores")
SCORE_SQL = load_sql(__package__, "alert_score")
WORDS_SQL = load_sql(__package__, "alert_words")


class ChurnAlerts:
    """The alerts of the churn report."""

    report_type: str = "churn"
    rules: Mapping[str, Rule] = CHURN_RULES
    scores_sql: str = SCORES_SQL
    score_sql: str = SCORE_SQL
    words_sql: str = WORDS_SQL

    async def conditions(self, database: Database, asked: ConditionsRequest) -> Conditions:
        """Judge an academy's day by its stored rows alone; raise `SourceDown`."""
        rows = await read_frame(database, ROWS_SQL, [asked.day, asked.academy_id])
        return await self.conditions_of(rows, asked)

    async def conditions_of(self, rows: pl.DataFrame, asked: ConditionsRequest) -> Conditions:
        """Judge an academy's day by `rows`: user_id and `SIGNALS`, as they are to be stored."""
        return await to_thread(
            judge_conditions,
            rows,
            asked.followed,
            asked.rules,
            day=asked.day,
            is_reliable=asked.is_reliable,
        )


alerts = ChurnAlerts()
