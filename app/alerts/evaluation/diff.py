"""What an evaluation changed: the episodes to write, their history entries, and the counts."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from app.alerts.enums import (
    AlertStatus,
    EventType,
    Resolution,
    Severity,
)
from app.alerts.evaluation.frames import EPISODE_COLUMNS, EPISODE_KEY, EVENT_COLUMNS
from app.alerts.evaluation.state_machine import DaySignal, EpisodeState, Transition

CLOSING_TRANSITIONS = (Transition.RESOLVE, Transition.LOSE, Transition.LEAVE)


def changed_episodes(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes that are new or differ from what is stored, numbered by `place`.

    Columns: place i64, id i64 (NULL: new), user_id, alert_type, `EPISODE_COLUMNS`, `stored_...`.
    """
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"stored_{name}")) for name in EPISODE_COLUMNS
    )
    current = [f"stored_{name}" for name in EPISODE_COLUMNS]
    return (
        judged.filter(pl.col("id").is_null() | differs)
        .select("id", *EPISODE_KEY, *EPISODE_COLUMNS, *current)
        .with_row_index("place")
        .with_columns(
            pl.col("place").cast(pl.Int64), pl.col("severity", "stored_severity").cast(str)
        )
    )


def history_entries(changes: pl.DataFrame) -> pl.DataFrame:
    """Return `EVENT_COLUMNS`: the entries that the changed episodes add to their history."""
    parts = [
        changes.filter(condition)
        .select("place", rank=pl.lit(rank), what=pl.lit(what.value), was=was, became=became)
        .select(pl.col(name).cast(dtype) for name, dtype in EVENT_COLUMNS.items())
        for rank, (what, condition, was, became) in enumerate(_event_rules())
    ]
    return pl.concat(parts)


def _event_rules() -> list[tuple[EventType, pl.Expr, pl.Expr, pl.Expr]]:
    is_new = pl.col("id").is_null()
    is_open = pl.col("status") != AlertStatus.RESOLVED
    was_open = (pl.col("stored_status") != AlertStatus.RESOLVED).fill_null(value=False)
    was = pl.when(was_open).then("stored_status").otherwise("stored_resolution")
    severity = pl.col("stored_severity"), pl.col("severity")
    ends = was_open | pl.col("resolution").ne_missing(pl.col("stored_resolution"))
    worse = (pl.col("severity") != pl.col("stored_severity")) & is_open
    was_put_off = (pl.col("stored_status") == AlertStatus.ACKNOWLEDGED) | pl.col(
        "stored_snoozed_until"
    ).is_not_null()
    wakes = was_put_off & (pl.col("status") == AlertStatus.OPEN) & pl.col("snoozed_until").is_null()
    return [
        (EventType.OPENED, is_new, pl.lit(None), pl.col("severity")),
        (EventType.REOPENED, ~is_new & ~was_open & is_open, was, pl.col("status")),
        (EventType.RESOLVED, ~is_new & ~is_open & ends, was, pl.col("resolution")),
        (EventType.SEVERITY, ~is_new & worse, *severity),
        (EventType.WOKE, was_open & wakes, pl.col("stored_status"), pl.col("status")),
    ]


def day_counts(judged: pl.DataFrame, day: date) -> Mapping[str, int]:
    """Count the episodes that opened, reopened and closed, and those open by severity."""
    is_open = pl.col("status") != AlertStatus.RESOLVED
    is_kept = pl.col("resolution").ne_missing(pl.lit(Resolution.RETRACTED.value))
    by_service = ~is_open & (pl.col("resolution") != Resolution.MANUAL)
    counted = judged.select(
        opened=((pl.col("triggered_on") == day) & is_kept).sum(),
        reopened=(pl.col("transition") == Transition.REOPEN).sum(),
        closed=(pl.col("transition").is_in(CLOSING_TRANSITIONS) & by_service).sum(),
        **{
            severity.lower(): (is_open & (pl.col("severity") == severity.value)).sum()
            for severity in Severity
        },
    )
    return counted.row(0, named=True)


def preview_counts(judged: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    """Count by alert type the episodes that are `opened` (or reopened) and `closed`."""
    is_open = pl.col("status") != AlertStatus.RESOLVED
    was_open = (pl.col("stored_status") != AlertStatus.RESOLVED).fill_null(value=False)
    changes = {"opened": is_open & ~was_open, "closed": was_open & ~is_open}
    counted = {
        change: judged.filter(condition).group_by("alert_type").len().sort("alert_type")
        for change, condition in changes.items()
    }
    return {change: dict(found.iter_rows()) for change, found in counted.items()}


def transition_counts(judged: pl.DataFrame) -> Mapping[tuple[DaySignal, EpisodeState], int]:
    """Count how often each cell of the transition table applied."""
    taken = judged.drop_nulls("signal").group_by("signal", "state").len()
    return {
        (DaySignal(signal), EpisodeState(state)): times
        for signal, state, times in taken.iter_rows()
    }
