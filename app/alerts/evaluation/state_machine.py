"""The state machine of episodes: a table from a day's signal and a state to a transition."""

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

REOPEN_DAYS = 30
"""An episode that the service resolved at most so many days ago is reopened when it fires."""
NO_DATA_DAYS = 14
"""An open episode ends after so many days on which its condition is not known."""


class DaySignal(StrEnum):
    """What a day says about one subject and alert type.

    CROSSES: fires with the severity CRITICAL, above that of the episode, which was resolved by
    hand. CLEAR_ENOUGH: the last of the clear days that resolve an open episode. UNKNOWN_LONG: not
    known for `NO_DATA_DAYS`. GONE: the subject is no longer live.
    """

    FIRES = "FIRES"
    CROSSES = "CROSSES"
    CLEAR = "CLEAR"
    CLEAR_ENOUGH = "CLEAR_ENOUGH"
    UNKNOWN = "UNKNOWN"
    UNKNOWN_LONG = "UNKNOWN_LONG"
    GONE = "GONE"


class EpisodeState(StrEnum):
    """The state of the main episode of a subject and alert type before the day.

    NOTHING: there is no episode. TOUCHED: an earlier evaluation of the same day opened it, and
    somebody has acted on it since. ENDED: resolved by the service at most `REOPEN_DAYS` ago.
    RETRACTED: an earlier evaluation opened it, and a later one withdrew it. RESTING: resolved by
    hand, with too few clear days since. CLEARED: as RESTING with enough clear days, but the quiet
    days have not passed. LAPSED: resolved so long ago that it no longer matters.
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
    """What the evaluation does with the episode; `effects` says which columns it changes.

    OPEN: opens a new episode. RENEW: counts a TOUCHED one from the start. REOPEN: opens a resolved
    one again. SEE: counts another day on which an open one fires. STIR: starts the clear days of a
    RESTING one again. COUNT_CLEAR: counts a clear day. RESOLVE, LOSE, LEAVE: resolves it because
    it is clear, not known, or its subject has left. RETRACT: withdraws what an earlier evaluation
    of the day opened. FORGET: stops following it. KEEP: changes nothing.
    """

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


def _parse(grid: str) -> Mapping[tuple[DaySignal, EpisodeState], Transition]:
    head, *lines = (line.split() for line in grid.strip().splitlines())
    return {
        (DaySignal(signal), EpisodeState(state)): Transition(transition)
        for signal, *cells in lines
        for state, transition in zip(head, cells, strict=True)
        if transition != "-"
    }


TRANSITIONS = MappingProxyType(_parse(_GRID))
"""Combinations that cannot occur are left out, as is a subject without episode and condition."""


def day_signal(day: date) -> pl.Expr:
    """Return the expression of the `DaySignal`, for a frame that has `state`.

    Reads is_live, has_condition, fires (NULL: not known), signal_severity; severity, clear_days
    and known_on of the episode; clear_limit of its rule.
    """
    by_hand = pl.col("state").is_in([EpisodeState.RESTING, EpisodeState.CLEARED])
    critical = pl.lit(Severity.CRITICAL.value, dtype=SEVERITIES)
    crosses = by_hand & (pl.col("signal_severity") == critical) & (pl.col("severity") < critical)
    is_open = pl.col("state") == EpisodeState.OPEN
    enough = is_open & (pl.col("clear_days") + 1 >= pl.col("clear_limit"))
    long_unknown = is_open & (_days_since("known_on", day) >= NO_DATA_DAYS)
    is_unknown = pl.col("has_condition") & pl.col("fires").is_null()
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
    """Return the expression of the `EpisodeState` before the day.

    Reads status (NULL: no episode), is_touched, resolution, resolved_on and clear_days of the
    episode; clear_limit and quiet_days of its rule.
    """
    days_resolved = _days_since("resolved_on", day)
    resolution = pl.col("resolution")
    is_cleared = pl.col("clear_days") >= pl.col("clear_limit")
    has_ended = resolution.is_in([Resolution.AUTO, Resolution.NO_DATA])
    by_hand = resolution == Resolution.MANUAL
    return (
        pl.when(pl.col("status").is_null())
        .then(pl.lit(EpisodeState.NOTHING.value))
        .when("is_touched")
        .then(pl.lit(EpisodeState.TOUCHED.value))
        .when(pl.col("status") != AlertStatus.RESOLVED)
        .then(pl.lit(EpisodeState.OPEN.value))
        .when(has_ended & (days_resolved <= REOPEN_DAYS))
        .then(pl.lit(EpisodeState.ENDED.value))
        .when((resolution == Resolution.RETRACTED) & (days_resolved <= REOPEN_DAYS))
        .then(pl.lit(EpisodeState.RETRACTED.value))
        .when(by_hand & ~is_cleared)
        .then(pl.lit(EpisodeState.RESTING.value))
        .when(by_hand & (days_resolved < pl.col("quiet_days")))
        .then(pl.lit(EpisodeState.CLEARED.value))
        .otherwise(pl.lit(EpisodeState.LAPSED.value))
    )


def with_transition(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the column `transition` to a frame with `signal` and `state`; the row order stays."""
    return frame.join(
        _TABLE, on=["signal", "state"], how="left", maintain_order="left", validate="m:1"
    )


_TABLE = pl.DataFrame(
    [
        (signal.value, state.value, transition.value)
        for (signal, state), transition in TRANSITIONS.items()
    ],
    schema=["signal", "state", "transition"],
    orient="row",
)


def _days_since(column: str, day: date) -> pl.Expr:
    return (pl.lit(day) - pl.col(column)).dt.total_days()
