"""What each thing that can happen does to an episode, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from app.alerts.enums import AlertOrigin, AlertStatus, Resolution
from app.alerts.evaluation.frames import EPISODE, STANDING
from app.alerts.evaluation.state_machine import Transition

Effect = Mapping[str, pl.Expr]
NULL = pl.lit(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The day that is evaluated, when, and how that came about."""

    day: date
    now: datetime
    origin: AlertOrigin


def apply(judged: pl.DataFrame, moment: Moment) -> pl.DataFrame:
    """Return `JUDGED` with the episodes as they are after the day; people's doings stand."""
    effects = _effects(moment)
    after = judged.with_columns(_chosen(name, effects).cast(EPISODE[name]) for name in EPISODE)
    return after.with_columns(**_standing()).with_columns(**_same_instants())


def _effects(moment: Moment) -> Mapping[Transition, Effect]:
    day = pl.lit(moment.day)
    seen = {"last_seen_on": day, "known_on": day, "clear_days": pl.lit(0)}
    opened = {
        **seen,
        "opened_on": day,
        "rule_version": pl.col("today_rule"),
        "metrics": pl.col("today_metrics"),
    }
    awake = {
        "status": pl.lit(AlertStatus.OPEN.value),
        "resolution": NULL,
        "resolved_at": NULL,
        "resolved_on": NULL,
        "snoozed_until": NULL,
        "watched_until": NULL,
    }
    afresh = {"occurrences": pl.lit(1), "severity": pl.col("today_severity")}
    triggered = {
        "origin": pl.lit(moment.origin.value),
        "triggered_at": pl.lit(moment.now),
        "triggered_on": day,
    }
    again = {"occurrences": pl.col("occurrences") + 1, "severity": _worse()}
    cleared = {"clear_days": pl.col("clear_days") + 1, "known_on": day}
    return {
        Transition.OPEN: {**opened, **awake, **afresh, **triggered},
        Transition.RENEW: {**opened, **afresh},
        Transition.REOPEN: {**opened, **awake, **again},
        Transition.SEE: {**seen, **again, **_woken()},
        Transition.STIR: {"clear_days": pl.lit(0), "known_on": day},
        Transition.COUNT_CLEAR: cleared,
        Transition.RESOLVE: {**cleared, **_resolved(Resolution.AUTO, moment)},
        Transition.LOSE: _resolved(Resolution.NO_DATA, moment),
        Transition.LEAVE: _resolved(Resolution.LEFT, moment),
        Transition.RETRACT: _resolved(Resolution.RETRACTED, moment),
        Transition.FORGET: {"watched_until": day},
        Transition.KEEP: {},
    }


def _worse() -> pl.Expr:
    """Take the worse one: the severity of an episode never falls."""
    return pl.max_horizontal("severity", "today_severity")


def _woken() -> Effect:
    """Whoever was put off is told when it gets worse."""
    rose = pl.col("today_severity") > pl.col("severity")
    return {
        "status": pl.when(rose).then(pl.lit(AlertStatus.OPEN.value)).otherwise("status"),
        "snoozed_until": pl.when(~rose).then("snoozed_until"),
    }


def _resolved(resolution: Resolution, moment: Moment) -> Effect:
    return {
        "status": pl.lit(AlertStatus.RESOLVED.value),
        "resolution": pl.lit(resolution.value),
        "resolved_at": pl.lit(moment.now),
        "resolved_on": pl.lit(moment.day),
        "snoozed_until": NULL,
    }


def _chosen(name: str, effects: Mapping[Transition, Effect]) -> pl.Expr:
    chosen = pl.col(name)
    for happens, effect in effects.items():
        if name in effect:
            chosen = pl.when(pl.col("happens") == happens).then(effect[name]).otherwise(chosen)
    return chosen.alias(name)


def _standing() -> Effect:
    """Whoever is no longer live has left, whatever people did; but what they resolved stands."""
    leaves = (pl.col("happens") == Transition.LEAVE) & (
        pl.col("stand_status") != AlertStatus.RESOLVED
    )
    stands = pl.col("is_touched") & ~leaves
    decided = stands & pl.col("is_decided")
    return {
        **{name: pl.when(stands).then(f"stand_{name}").otherwise(name) for name in STANDING},
        "clear_days": pl.when(decided).then(0).otherwise("clear_days").cast(pl.Int32),
    }


def _same_instants() -> Effect:
    """Keep the instants of what an earlier evaluation of the day did as well."""
    same_end = pl.col("resolution").eq(pl.col("cur_resolution")) & pl.col("resolved_on").eq(
        pl.col("cur_resolved_on")
    )
    same_start = pl.col("triggered_on") == pl.col("cur_triggered_on")
    return {
        "resolved_at": pl.when(same_end).then("cur_resolved_at").otherwise("resolved_at"),
        "triggered_at": pl.when(same_start).then("cur_triggered_at").otherwise("triggered_at"),
    }
