"""What alerts are told of the churn report."""

from asyncio import to_thread
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from app.alerts.reporting import Asked, Conditions
from app.alerts.rules import Rule
from app.kit.bulk import read_frame
from app.kit.db import Database
from app.reports.churn.alert_rules import RULES, judge

HERE = Path(__file__).parent
ROWS_SQL = (HERE / "alert_rows.sql").read_text("utf-8")
SCORES_SQL = (HERE / "alert_scores.sql").read_text("utf-8")
SCORE_SQL = (HERE / "alert_score.sql").read_text("utf-8")
WORDS_SQL = (HERE / "alert_words.sql").read_text("utf-8")


class ChurnAlerts:
    """The alerts of the churn report."""

    report_type: str = "churn"
    rules: Mapping[str, Rule] = RULES
    scores_sql: str = SCORES_SQL
    score_sql: str = SCORE_SQL
    words_sql: str = WORDS_SQL

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


alerts = ChurnAlerts()
