"""The evaluation of one day of an academy as a pure function of frames."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from app.alerts.contract import FOLLOWED_COLUMNS, Conditions
from app.alerts.enums import AlertStatus, Resolution
from app.alerts.evaluation.effects import EvaluationContext, apply_effects
from app.alerts.evaluation.frames import EPISODE_KEY, JUDGED_COLUMNS
from app.alerts.evaluation.state_machine import (
    REOPEN_DAYS,
    EpisodeState,
    Transition,
    day_signal,
    episode_state,
    with_transition,
)
from app.alerts.rules.rule import Rule

RULE_COLUMNS = {
    "alert_type": pl.String,
    "clear_limit": pl.Int32,
    "quiet_days": pl.Int32,
    "rule": pl.Int64,
}


def restore_episodes(loaded: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the episodes as the evaluation has to find them before the day, and their roles.

    Takes `LOADED_COLUMNS`. An episode counts as open before the day when somebody reopened it
    since, or acted on one that an earlier evaluation of the day opened. Adds is_touched and
    `role`: for each subject and alert type one "main" episode; a "spare" is one that an earlier
    evaluation of the day opened or retracted, and may be used again; all others are "past".
    """
    is_left_open = pl.col("acted_status") != AlertStatus.RESOLVED
    is_reopened = pl.col("is_acted_on") & is_left_open & (pl.col("status") == AlertStatus.RESOLVED)
    is_touched = pl.col("is_acted_on") & pl.col("is_opened_today")
    is_open = {
        "status": pl.lit(AlertStatus.OPEN.value),
        "resolution": None,
        "resolved_at": None,
        "resolved_on": None,
        "watched_until": None,
        "clear_days": pl.lit(0, dtype=pl.Int32),
        "opened_on": pl.lit(day),
        "known_on": pl.lit(day),
    }
    return loaded.with_columns(
        is_touched.alias("is_touched"),
        *(
            pl.when(is_touched | is_reopened.fill_null(value=False))
            .then(value)
            .otherwise(name)
            .alias(name)
            for name, value in is_open.items()
        ),
    ).pipe(_with_roles)


def _with_roles(episodes: pl.DataFrame) -> pl.DataFrame:
    opened_before = pl.col("is_opened_today") & ~pl.col("is_acted_on")
    is_retracted = pl.col("resolution").eq_missing(pl.lit(Resolution.RETRACTED.value))
    is_open = pl.col("status") != AlertStatus.RESOLVED
    is_first = pl.int_range(pl.len()).over(*EPISODE_KEY, "is_spare") == 0
    has_other = (~pl.col("is_spare")).any().over(EPISODE_KEY)
    role = (
        pl.when(~is_first)
        .then(pl.lit("past"))
        .when(pl.col("is_spare") & (has_other | pl.col("is_opened_today")))
        .then(pl.lit("spare"))
        .otherwise(pl.lit("main"))
    )
    return (
        episodes.with_columns((opened_before | is_retracted).alias("is_spare"))
        .sort("is_opened_today", is_open, "triggered_on", "id", descending=True)
        .with_columns(role.alias("role"))
        .drop("is_spare")
    )


def followed_episodes(episodes: pl.DataFrame) -> pl.DataFrame:
    """Return `FOLLOWED_COLUMNS` of the episodes that `restore_episodes` returns."""
    is_open = (pl.col("status") != AlertStatus.RESOLVED) & ~pl.col("is_touched")
    return episodes.filter(role="main").with_columns(is_open=is_open).select(*FOLLOWED_COLUMNS)


def evaluate_day(
    episodes: pl.DataFrame,
    conditions: Conditions,
    rules: Mapping[str, Rule],
    context: EvaluationContext,
) -> pl.DataFrame:
    """Return `JUDGED_COLUMNS`: every episode as it is after the day, new ones included.

    `episodes` is what `restore_episodes` returns. A new episode has neither `id` nor `stored_...`.
    """
    judged = _judge(episodes.filter(role="main"), conditions, rules, context.day)
    is_opening = (pl.col("transition") == Transition.OPEN) & (
        pl.col("state") != EpisodeState.RETRACTED
    )
    main = judged.filter(pl.col("id").is_not_null()).with_columns(
        transition=pl.when(is_opening).then(pl.lit(Transition.FORGET.value)).otherwise("transition")
    )
    spares = _other_episodes(episodes, context.day)
    opening = _openings(judged.filter(is_opening), spares)
    unused = spares.join(opening.drop_nulls("id"), on="id", how="anti")
    parts = [main, unused, opening]
    return apply_effects(pl.concat([_with_all_columns(part) for part in parts]), context)


def _judge(
    main: pl.DataFrame, conditions: Conditions, rules: Mapping[str, Rule], day: date
) -> pl.DataFrame:
    signals = conditions.rows.select(
        *EPISODE_KEY,
        "fires",
        has_condition=True,
        signal_severity=pl.when("fires").then("severity"),
        signal_metrics=pl.when("fires").then("metrics"),
    )
    live = conditions.live.select("user_id", is_live=True)
    default = Rule()
    return (
        main.join(signals, on=EPISODE_KEY, how="full", coalesce=True, validate="1:1")
        .join(live, on="user_id", how="left", validate="m:1")
        .join(_rules(rules), on="alert_type", how="left", validate="m:1")
        .with_columns(
            pl.col("has_condition", "is_live", "is_touched").fill_null(value=False),
            pl.col("clear_limit").fill_null(default.clear_days),
            pl.col("quiet_days").fill_null(default.quiet_days),
        )
        .with_columns(state=episode_state(day))
        .with_columns(signal=day_signal(day))
        .pipe(with_transition)
    )


def _rules(rules: Mapping[str, Rule]) -> pl.DataFrame:
    rows = [
        (str(kind), rule.clear_days, rule.quiet_days, rule.version) for kind, rule in rules.items()
    ]
    return pl.DataFrame(rows, schema=RULE_COLUMNS, orient="row").rename({"rule": "signal_rule"})


def _other_episodes(episodes: pl.DataFrame, day: date) -> pl.DataFrame:
    """Add the transition of each episode that is not the main one, unless it is used again."""
    days_resolved = (pl.lit(day) - pl.col("resolved_on")).dt.total_days()
    is_past = (pl.col("role") == "past") | (days_resolved > REOPEN_DAYS).fill_null(value=False)
    return episodes.filter(pl.col("role") != "main").with_columns(
        transition=pl.when(is_past)
        .then(pl.lit(Transition.FORGET.value))
        .when("is_opened_today")
        .then(pl.lit(Transition.RETRACT.value))
        .otherwise(pl.lit(Transition.KEEP.value))
    )


def _openings(judged: pl.DataFrame, spares: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes that open, each in the row of its spare episode, if there is one."""
    usable = spares.filter(pl.col("transition") != Transition.FORGET).drop("transition")
    judged_columns = (
        "signal",
        "state",
        "transition",
        "signal_severity",
        "signal_metrics",
        "signal_rule",
    )
    return judged.select(*EPISODE_KEY, *judged_columns).join(
        usable, on=EPISODE_KEY, how="left", validate="1:1"
    )


def _with_all_columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in JUDGED_COLUMNS.items()
    )
