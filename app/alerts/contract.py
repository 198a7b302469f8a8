"""What a report tells the engine of a day, which is all that the engine knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import polars as pl

from app.alerts.enums import SEVERITIES
from app.alerts.evaluation.frames import Columns
from app.alerts.rules.rule import Rule
from app.kit.db.engine import Database

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
    """The academy's day that the engine asks about.

    `is_reliable` is false when its volume says that behaviour cannot be judged. `followed` has
    the columns `FOLLOWED`: the episodes that are open, or may open again, or keep quiet;
    `opened_on` is the day on which one last opened, `metrics` JSON of the signals on it.
    """

    day: date
    academy_id: int
    is_reliable: bool
    rules: Mapping[str, Rule]
    followed: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How things stand: `live` has user_id i64 of all who are live, each once.

    `rows` has the columns `CONDITIONS`: those that fire, and those followed of which it is not
    known whether they do (`fires` NULL). Whoever is live and has no row is clear.
    """

    live: pl.DataFrame
    rows: pl.DataFrame


class AlertSource(Protocol):
    """A report that has alerts: `alerts` in the module `alerts` of its folder.

    `scores_sql` selects academy_id, user_id, report_date, score, level, oldest first, given the
    arrays :academy_ids, :user_ids and :days, side by side, and how many days :back. The others
    are of an alert `p`, a row of `alerts`: `score_sql` selects score and level of its learner on
    the day p.newest_on, `words_sql` why it opened, by p.metrics_snapshot.
    """

    report_type: str
    rules: Mapping[str, Rule]
    scores_sql: str
    score_sql: str
    words_sql: str

    async def conditions(self, database: Database, asked: ConditionsRequest) -> Conditions:
        """Judge an academy's day by its stored rows alone; raise `SourceDown`."""
        ...
