"""The contract between a report and the alert engine: what the report provides for each day.

The engine follows episodes of (subject, alert type) pairs. What a condition means, how severe it
is, which value describes a subject and what counts as an outcome are decided by the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import polars as pl

from app.alerts.enums import SEVERITIES, AlertSubject
from app.alerts.evaluation.frames import Columns
from app.alerts.rules.rule import Rule
from app.kit.db.engine import Database

ACADEMY_USER_ID = 0
"""The `user_id` of an episode whose subject is the academy; the ids of learners begin at 1."""

FOLLOWED_COLUMNS: Columns = {
    "user_id": pl.Int64,
    "alert_type": pl.String,
    "is_open": pl.Boolean,
    "opened_on": pl.Date,
    "metrics": pl.String,
}
CONDITION_COLUMNS: Columns = {
    "user_id": pl.Int64,
    "alert_type": pl.String,
    "fires": pl.Boolean,
    "severity": SEVERITIES,
    "metrics": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsRequest:
    """The academy and the day whose conditions the engine requests.

    `is_reliable` is false when the quality gate found too little activity on the day to judge
    behaviour. `followed` has the columns `FOLLOWED_COLUMNS`, one row for each subject and alert
    type that has a main episode: `opened_on` is the day on which it last opened, and `metrics` is
    the JSON object that the source gave for that day.
    """

    day: date
    academy_id: int
    is_reliable: bool
    rules: Mapping[str, Rule]
    followed: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The conditions of an academy on one day.

    `live` has the column user_id (i64): each live subject once. `rows` has the columns
    `CONDITION_COLUMNS`: the conditions that fire, and the followed ones of which the source does
    not know whether they fire (`fires` NULL). A live subject without a row is clear.
    """

    live: pl.DataFrame
    rows: pl.DataFrame


class AlertSource(Protocol):
    """A report that has alerts: the object `alerts` in the module `alerts` of the report's folder.

    A source whose subject is the academy gives `ACADEMY_USER_ID` as the `user_id` of every row.

    Three attributes are SQL queries that the engine puts into its own statements:

    - `outcome_sql` selects academy_id, user_id, started_on, happened_on, result: one row for each
      time that a subject had an outcome. `result` is LEFT (what an alert predicts) or COMPLETED;
      `started_on` is the day on which the subject became live. The parameters are :first (the
      first `happened_on` to return) and :zone (the name of the time zone).
    - `current_value_sql` selects `value` and `label`, at most one row: how the subject of `p` is
      on a day. `p` has report_type, academy_id, user_id and report_date.
    - `reason_sql` selects one text: why the alert `p`, a row of `alerts`, opened.
    """

    report_type: str
    subject: AlertSubject
    rules: Mapping[str, Rule]
    outcome_sql: str
    current_value_sql: str
    reason_sql: str

    async def conditions(self, database: Database, request: ConditionsRequest) -> Conditions:
        """Return the conditions of a published day, from its stored rows; raise `SourceDown`."""
        ...


def check_subjects(source: AlertSource, conditions: Conditions) -> None:
    """Raise `ValueError` when the conditions are about another kind of subject than the source's.

    Episodes keep their subject for good, so that a learner must never be taken for an academy.
    """
    is_academy = pl.col("user_id") == ACADEMY_USER_ID
    is_wrong = ~is_academy if source.subject is AlertSubject.ACADEMY else is_academy
    wrong = pl.concat(
        frame.filter(is_wrong)["user_id"] for frame in (conditions.live, conditions.rows)
    )
    if not wrong.is_empty():
        raise ValueError(
            f"The alerts of {source.report_type!r} are about the {source.subject.lower()},"
            f" but a row has the user_id {wrong[0]}."
        )
