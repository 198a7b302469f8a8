"""The effect of each transition on an episode: an expression for each column that it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from app.alerts.enums import AlertOrigin, AlertStatus, Resolution
from app.alerts.evaluation.frames import ACTION_COLUMNS, EPISODE_COLUMNS
from app.alerts.evaluation.state_machine import Transition

Effect = Mapping[str, pl.Expr]
NULL = pl.lit(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationContext:
    """The day that is evaluated, the instant of the evaluation, and the origin of new episodes."""

    day: date
    now: datetime
    origin: AlertOrigin


def apply_effects(judged: pl.DataFrame, context: EvaluationContext) -> pl.DataFrame:
    """Return `JUDGED_COLUMNS` with the episodes as they are after the day.

    What people did since the day was last evaluated (`acted_...`) outweighs the transitions.
    """
    effects = _effects(context)
    after = judged.with_columns(
        _value_of(name, effects).cast(EPISODE_COLUMNS[name]) for name in EPISODE_COLUMNS
    )
    return after.with_columns(**_actions()).with_columns(**_kept_instants())


def _effects(context: EvaluationContext) -> Mapping[Transition, Effect]:
    day = pl.lit(context.day)
    fires = {"last_seen_on": day, "known_on": day, "clear_days": pl.lit(0)}
    opened = {
        **fires,
        "opened_on": day,
        "rule_version": pl.col("signal_rule"),
        "metrics": pl.col("signal_metrics"),
    }
    is_open = {
        "status": pl.lit(AlertStatus.OPEN.value),
        "resolution": NULL,
        "resolved_at": NULL,
        "resolved_on": NULL,
        "snoozed_until": NULL,
        "watched_until": NULL,
    }
    first_day = {"occurrences": pl.lit(1), "severity": pl.col("signal_severity")}
    triggered = {
        "origin": pl.lit(context.origin.value),
        "triggered_at": pl.lit(context.now),
        "triggered_on": day,
    }
    next_day = {"occurrences": pl.col("occurrences") + 1, "severity": _worst_severity()}
    clear_day = {"clear_days": pl.col("clear_days") + 1, "known_on": day}
    return {
        Transition.OPEN: {**opened, **is_open, **first_day, **triggered},
        Transition.RENEW: {**opened, **first_day},
        Transition.REOPEN: {**opened, **is_open, **next_day},
        Transition.SEE: {**fires, **next_day, **_woken_if_worse()},
        Transition.STIR: {"clear_days": pl.lit(0), "known_on": day},
        Transition.COUNT_CLEAR: clear_day,
        Transition.RESOLVE: {**clear_day, **_resolved(Resolution.AUTO, context)},
        Transition.LOSE: _resolved(Resolution.NO_DATA, context),
        Transition.LEAVE: _resolved(Resolution.LEFT, context),
        Transition.RETRACT: _resolved(Resolution.RETRACTED, context),
        Transition.FORGET: {"watched_until": day},
        Transition.KEEP: {},
    }


def _worst_severity() -> pl.Expr:
    """Return the worse of both severities: that of an episode never falls."""
    return pl.max_horizontal("severity", "signal_severity")


def _woken_if_worse() -> Effect:
    """End the acknowledgement and the snooze when the severity rises."""
    rose = pl.col("signal_severity") > pl.col("severity")
    return {
        "status": pl.when(rose).then(pl.lit(AlertStatus.OPEN.value)).otherwise("status"),
        "snoozed_until": pl.when(~rose).then("snoozed_until"),
    }


def _resolved(resolution: Resolution, context: EvaluationContext) -> Effect:
    return {
        "status": pl.lit(AlertStatus.RESOLVED.value),
        "resolution": pl.lit(resolution.value),
        "resolved_at": pl.lit(context.now),
        "resolved_on": pl.lit(context.day),
        "snoozed_until": NULL,
    }


def _value_of(name: str, effects: Mapping[Transition, Effect]) -> pl.Expr:
    value = pl.col(name)
    for transition, effect in effects.items():
        if name in effect:
            value = pl.when(pl.col("transition") == transition).then(effect[name]).otherwise(value)
    return value.alias(name)


def _actions() -> Effect:
    """Restore what people did, except that the subject has left and they had not resolved it."""
    leaves = (pl.col("transition") == Transition.LEAVE) & (
        pl.col("acted_status") != AlertStatus.RESOLVED
    )
    is_kept = pl.col("is_acted_on") & ~leaves
    is_decided = is_kept & pl.col("is_decided")
    return {
        **{name: pl.when(is_kept).then(f"acted_{name}").otherwise(name) for name in ACTION_COLUMNS},
        "clear_days": pl.when(is_decided).then(0).otherwise("clear_days").cast(pl.Int32),
    }


def _kept_instants() -> Effect:
    """Keep the instants at which an earlier evaluation of the day opened or resolved the same."""
    same_end = pl.col("resolution").eq(pl.col("stored_resolution")) & pl.col("resolved_on").eq(
        pl.col("stored_resolved_on")
    )
    same_start = pl.col("triggered_on") == pl.col("stored_triggered_on")
    return {
        "resolved_at": pl.when(same_end).then("stored_resolved_at").otherwise("resolved_at"),
        "triggered_at": pl.when(same_start).then("stored_triggered_at").otherwise("triggered_at"),
    }
