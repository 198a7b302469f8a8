"""What becomes of an episode: what today is, and what there is, decide it in one table."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from app.alerts.enums import (
    SEVERITIES,
    AlertStatus,
    Resolution,
    Severity,
)

AGAIN_DAYS = 30
"""What ended by itself at most so many days ago opens again instead of anew."""
NO_DATA_DAYS = 14
"""So many days without knowing whether the condition holds end an episode."""


class DaySignal(StrEnum):
    """What a day says of a subscriber and an alert type."""

    FIRES = "FIRES"
    CROSSES = "CROSSES"
    CLEAR = "CLEAR"
    CLEAR_ENOUGH = "CLEAR_ENOUGH"
    UNKNOWN = "UNKNOWN"
    UNKNOWN_LONG = "UNKNOWN_LONG"
    GONE = "GONE"


class EpisodeState(StrEnum):
    """What there is of the subscriber and alert type.

    ENDED: by itself, at most 30 days ago. RESTING: resolved by hand, and not clear for long enough
    since. CLEARED: clear for long enough, but the quiet days have not passed. LAPSED: of no
    consequence any longer. TOUCHED: opened by an earlier evaluation of this very day, and
    people have acted on it.
    """

    NOTHING = "NOTHING"
    OPEN = "OPEN"
    TOUCHED = "TOUCHED"
    ENDED = "ENDED"
    RETRACTED = "RETRACTED"
    RESTING = "RESTING"
    CLEARED = "CLEARED"
    LAPSED = "LAPSED"


class Transition(StrEnum):
    """What is done about it."""

    OPEN = "OPEN"
    RENEW = "RENEW"
    REOPEN = "REOPEN"
    SEE = "SEE"
    STIR = "STIR"
    COUNT_CLEAR = "COUNT_CLEAR"
    RESOLVE = "RESOLVE"
    LOSE = "LOSE"
    LEAVE = "LEAVE"
    RETRACT = "RETRACT"
    FORGET = "FORGET"
    KEEP = "KEEP"


_GRID = """
               NOTHING  OPEN         TOUCHED      ENDED   RETRACTED  RESTING      CLEARED  LAPSED
FIRES          OPEN     SEE          RENEW        REOPEN  OPEN       STIR         KEEP     OPEN
CROSSES        -        -            -            -       -          OPEN         OPEN     -
CLEAR          -        COUNT_CLEAR  COUNT_CLEAR  KEEP    KEEP       COUNT_CLEAR  KEEP     FORGET
CLEAR_ENOUGH   -        RESOLVE      -            -       -          -            -        -
UNKNOWN        -        KEEP         KEEP         KEEP    KEEP       KEEP         KEEP     FORGET
UNKNOWN_LONG   -        LOSE         -            -       -          -            -        -
GONE           -        LEAVE        LEAVE        KEEP    KEEP       COUNT_CLEAR  KEEP     FORGET
"""


def _read(grid: str) -> Mapping[tuple[DaySignal, EpisodeState], Transition]:
    head, *lines = (line.split() for line in grid.strip().splitlines())
    return {
        (DaySignal(today), EpisodeState(there)): Transition(happens)
        for today, *cells in lines
        for there, happens in zip(head, cells, strict=True)
        if happens != "-"
    }


TRANSITIONS = MappingProxyType(_read(_GRID))
"""Cells that cannot be are left out; where nothing is and nothing fires, nothing is looked at."""


def day_signal(day: date) -> pl.Expr:
    """Name what the day says, given `there`.

    Reads is_live, fires (NULL: not known), is_told (there is a condition), today_severity, of the
    episode severity, clear_days, known_on, and of its rule clear_limit.
    """
    by_hand = pl.col("there").is_in([EpisodeState.RESTING, EpisodeState.CLEARED])
    critical = pl.lit(Severity.CRITICAL.value, dtype=SEVERITIES)
    crosses = by_hand & (pl.col("today_severity") == critical) & (pl.col("severity") < critical)
    is_open = pl.col("there") == EpisodeState.OPEN
    enough = is_open & (pl.col("clear_days") + 1 >= pl.col("clear_limit"))
    long_unknown = is_open & (_days_since("known_on", day) >= NO_DATA_DAYS)
    is_unknown = pl.col("is_told") & pl.col("fires").is_null()
    return (
        pl.when(~pl.col("is_live"))
        .then(pl.lit(DaySignal.GONE.value))
        .when(pl.col("fires") & crosses)
        .then(pl.lit(DaySignal.CROSSES.value))
        .when(pl.col("fires"))
        .then(pl.lit(DaySignal.FIRES.value))
        .when(is_unknown & long_unknown)
        .then(pl.lit(DaySignal.UNKNOWN_LONG.value))
        .when(is_unknown)
        .then(pl.lit(DaySignal.UNKNOWN.value))
        .when(enough)
        .then(pl.lit(DaySignal.CLEAR_ENOUGH.value))
        .otherwise(pl.lit(DaySignal.CLEAR.value))
    )


def episode_state(day: date) -> pl.Expr:
    """Name what there is before the day.

    Reads is_touched_newborn, status (NULL: nothing), resolution, resolved_on, clear_days, and of
    its rule clear_limit, quiet_days.
    """
    ago = _days_since("resolved_on", day)
    resolution = pl.col("resolution")
    is_cleared = pl.col("clear_days") >= pl.col("clear_limit")
    has_ended = resolution.is_in([Resolution.AUTO, Resolution.NO_DATA])
    by_hand = resolution == Resolution.MANUAL
    return (
        pl.when(pl.col("status").is_null())
        .then(pl.lit(EpisodeState.NOTHING.value))
        .when("is_touched_newborn")
        .then(pl.lit(EpisodeState.TOUCHED.value))
        .when(pl.col("status") != AlertStatus.RESOLVED)
        .then(pl.lit(EpisodeState.OPEN.value))
        .when(has_ended & (ago <= AGAIN_DAYS))
        .then(pl.lit(EpisodeState.ENDED.value))
        .when((resolution == Resolution.RETRACTED) & (ago <= AGAIN_DAYS))
        .then(pl.lit(EpisodeState.RETRACTED.value))
        .when(by_hand & ~is_cleared)
        .then(pl.lit(EpisodeState.RESTING.value))
        .when(by_hand & (ago < pl.col("quiet_days")))
        .then(pl.lit(EpisodeState.CLEARED.value))
        .otherwise(pl.lit(EpisodeState.LAPSED.value))
    )


def transition(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `happens` to a frame with `today` and `there`; the order stays."""
    return frame.join(
        _TABLE, on=["today", "there"], how="left", maintain_order="left", validate="m:1"
    )


_TABLE = pl.DataFrame(
    [(today.value, there.value, happens.value) for (today, there), happens in TRANSITIONS.items()],
    schema=["today", "there", "happens"],
    orient="row",
)


def _days_since(column: str, day: date) -> pl.Expr:
    return (pl.lit(day) - pl.col(column)).dt.total_days()
