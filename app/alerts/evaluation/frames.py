"""The columns of the frames that an evaluation passes on."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from app.alerts.enums import SEVERITIES

Columns = Mapping[str, pl.DataType | type[pl.DataType]]
INSTANT_DTYPE = pl.Datetime("us", "UTC")

EPISODE: Columns = MappingProxyType(
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
"""What an evaluation may change of an episode."""

STANDING: Columns = MappingProxyType(
    {
        name: EPISODE[name]
        for name in ("status", "resolution", "resolved_at", "resolved_on", "snoozed_until")
    }
)
"""What people made of an episode since the day was evaluated before, as `stand_...`."""

KEY = ("user_id", "alert_type")

LOADED: Columns = MappingProxyType(
    {
        "id": pl.Int64,
        "user_id": pl.Int64,
        "alert_type": pl.String,
        "is_newborn": pl.Boolean,
        "is_touched": pl.Boolean,
        "is_decided": pl.Boolean,
        **EPISODE,
        **{f"cur_{name}": dtype for name, dtype in EPISODE.items()},
        **{f"stand_{name}": dtype for name, dtype in STANDING.items()},
    }
)
"""An episode before the day and as it is (`cur_...`), NULL throughout for one that is not yet.

`is_newborn`: an earlier evaluation of the day opened it, and nothing was there before, or
people have acted on it since. `is_touched`: people have acted on it since the
day was evaluated before; `is_decided`: they resolved or reopened it.
"""

JUDGED: Columns = MappingProxyType(
    {
        **LOADED,
        "is_touched_newborn": pl.Boolean,
        "today_severity": SEVERITIES,
        "today_metrics": pl.String,
        "today_rule": pl.Int64,
        "today": pl.String,
        "there": pl.String,
        "happens": pl.String,
    }
)
"""An episode and what happens to it today; `today_...` is NULL where no condition fires."""

EVENT: Columns = MappingProxyType(
    {
        "place": pl.Int64,
        "rank": pl.Int32,
        "what": pl.String,
        "was": pl.String,
        "became": pl.String,
    }
)
"""An entry of the history of the episode at `place`; those of one are in the order of `rank`."""
