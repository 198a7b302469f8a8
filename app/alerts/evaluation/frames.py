"""The columns of the frames that the steps of an evaluation pass to each other."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from app.alerts.enums import SEVERITIES
from app.alerts.models import ACTED_COLUMNS

Columns = Mapping[str, pl.DataType | type[pl.DataType]]
INSTANT_DTYPE = pl.Datetime("us", "UTC")

EPISODE_COLUMNS: Columns = MappingProxyType(
    {
        "severity": SEVERITIES,
        "status": pl.String,
        "origin": pl.String,
        "triggered_at": INSTANT_DTYPE,
        "triggered_on": pl.Date,
        "opened_on": pl.Date,
        "last_seen_on": pl.Date,
        "known_on": pl.Date,
        "occurrences": pl.Int32,
        "clear_days": pl.Int32,
        "resolution": pl.String,
        "resolved_at": INSTANT_DTYPE,
        "resolved_on": pl.Date,
        "snoozed_until": INSTANT_DTYPE,
        "rule_version": pl.Int64,
        "watched_until": pl.Date,
        "metrics": pl.String,
    }
)
"""The columns of an episode that an evaluation may change."""

ACTION_COLUMNS: Columns = MappingProxyType({name: EPISODE_COLUMNS[name] for name in ACTED_COLUMNS})
"""The columns that people may change as well; `acted_...` in a frame is what they left."""

EPISODE_KEY = ("user_id", "alert_type")

LOADED_COLUMNS: Columns = MappingProxyType(
    {
        "id": pl.Int64,
        "user_id": pl.Int64,
        "alert_type": pl.String,
        "is_opened_today": pl.Boolean,
        "is_acted_on": pl.Boolean,
        "is_decided": pl.Boolean,
        **EPISODE_COLUMNS,
        **{f"stored_{name}": dtype for name, dtype in EPISODE_COLUMNS.items()},
        **{f"acted_{name}": dtype for name, dtype in ACTION_COLUMNS.items()},
    }
)
"""An episode before the day, and as it is stored now (`stored_...`, NULL in a new episode).

`is_opened_today`: an earlier evaluation of the day opened it. `is_acted_on`: somebody has acted on
it since the day was last evaluated; `is_decided`: by resolving or reopening it.
"""

JUDGED_COLUMNS: Columns = MappingProxyType(
    {
        **LOADED_COLUMNS,
        "is_touched": pl.Boolean,
        "signal_severity": SEVERITIES,
        "signal_metrics": pl.String,
        "signal_rule": pl.Int64,
        "signal": pl.String,
        "state": pl.String,
        "transition": pl.String,
    }
)
"""An episode with its signal, state and transition; `signal_...` is NULL unless it fires.

`is_touched`: opened today by an earlier evaluation, and acted on since.
"""

EVENT_COLUMNS: Columns = MappingProxyType(
    {
        "place": pl.Int64,
        "rank": pl.Int32,
        "what": pl.String,
        "was": pl.String,
        "became": pl.String,
    }
)
"""An entry of the history of the episode in row `place`; `rank` orders its entries."""
