"""What a day changed: the rows to write, their history, and the day's counts."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from app.alerts.enums import (
    AlertStatus,
    EventType,
    Resolution,
    Severity,
)
from app.alerts.evaluation.frames import EPISODE, EVENT, KEY
from app.alerts.evaluation.state_machine import DaySignal, EpisodeState, Transition

CLOSING = (Transition.RESOLVE, Transition.LOSE, Transition.LEAVE)


def changed(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are new or differ from what is stored, with `place`, their number.

    Columns: place i64, id i64? (NULL: new), user_id, alert_type, `EPISODE` and its `cur_...`.
    """
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"cur_{name}")) for name in EPISODE)
    current = [f"cur_{name}" for name in EPISODE]
    return (
        judged.filter(pl.col("id").is_null() | differs)
        .select("id", *KEY, *EPISODE, *current)
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64), pl.col("severity", "cur_severity").cast(str))
    )


def events(changes: pl.DataFrame) -> pl.DataFrame:
    """Return `EVENT`: what each of the `changed` rows adds to its history."""
    parts = [
        changes.filter(happened)
        .select("place", rank=pl.lit(rank), what=pl.lit(what.value), was=was, became=became)
        .select(pl.col(name).cast(dtype) for name, dtype in EVENT.items())
        for rank, (what, happened, was, became) in enumerate(_events())
    ]
    return pl.concat(parts)


def _events() -> list[tuple[EventType, pl.Expr, pl.Expr, pl.Expr]]:
    is_new = pl.col("id").is_null()
    is_open = pl.col("status") != AlertStatus.RESOLVED
    was_open = (pl.col("cur_status") != AlertStatus.RESOLVED).fill_null(value=False)
    was = pl.when(was_open).then("cur_status").otherwise("cur_resolution")
    severity = pl.col("cur_severity"), pl.col("severity")
    ends = was_open | pl.col("resolution").ne_missing(pl.col("cur_resolution"))
    worse = (pl.col("severity") != pl.col("cur_severity")) & is_open
    slept = (pl.col("cur_status") == AlertStatus.ACKNOWLEDGED) | pl.col(
        "cur_snoozed_until"
    ).is_not_null()
    wakes = slept & (pl.col("status") == AlertStatus.OPEN) & pl.col("snoozed_until").is_null()
    return [
        (EventType.OPENED, is_new, pl.lit(None), pl.col("severity")),
        (EventType.REOPENED, ~is_new & ~was_open & is_open, was, pl.col("status")),
        (EventType.RESOLVED, ~is_new & ~is_open & ends, was, pl.col("resolution")),
        (EventType.SEVERITY, ~is_new & worse, *severity),
        (EventType.WOKE, was_open & wakes, pl.col("cur_status"), pl.col("status")),
    ]


def counts(judged: pl.DataFrame, day: date) -> Mapping[str, int]:
    """Count what opened, opened again and closed on the day, and what is open by severity."""
    is_open = pl.col("status") != AlertStatus.RESOLVED
    stands = pl.col("resolution").ne_missing(pl.lit(Resolution.RETRACTED.value))
    by_itself = ~is_open & (pl.col("resolution") != Resolution.MANUAL)
    counted = judged.select(
        opened=((pl.col("triggered_on") == day) & stands).sum(),
        reopened=(pl.col("happens") == Transition.REOPEN).sum(),
        closed=(pl.col("happens").is_in(CLOSING) & by_itself).sum(),
        **{
            severity.lower(): (is_open & (pl.col("severity") == severity.value)).sum()
            for severity in Severity
        },
    )
    return counted.row(0, named=True)


def turned(judged: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    """Count by alert type what is `opened` (again or anew) and `closed`, against what is stored."""
    is_open = pl.col("status") != AlertStatus.RESOLVED
    was_open = (pl.col("cur_status") != AlertStatus.RESOLVED).fill_null(value=False)
    turns = {"opened": is_open & ~was_open, "closed": was_open & ~is_open}
    counted = {
        turn: judged.filter(happened).group_by("alert_type").len().sort("alert_type")
        for turn, happened in turns.items()
    }
    return {turn: dict(found.iter_rows()) for turn, found in counted.items()}


def taken_transitions(judged: pl.DataFrame) -> Mapping[tuple[DaySignal, EpisodeState], int]:
    """Count how often each transition of the table was taken."""
    taken = judged.drop_nulls("today").group_by("today", "there").len()
    return {
        (DaySignal(today), EpisodeState(there)): times for today, there, times in taken.iter_rows()
    }
