"""One evaluated day of an academy: frames in, frames out."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from app.alerts.contract import FOLLOWED_COLUMNS, Conditions
from app.alerts.enums import AlertStatus, Resolution
from app.alerts.evaluation.effects import Moment, apply
from app.alerts.evaluation.frames import JUDGED, KEY
from app.alerts.evaluation.state_machine import (
    AGAIN_DAYS,
    EpisodeState,
    Transition,
    day_signal,
    episode_state,
    transition,
)
from app.alerts.rules.rule import Rule

RULE_COLUMNS = {
    "alert_type": pl.String,
    "clear_limit": pl.Int32,
    "quiet_days": pl.Int32,
    "rule": pl.Int64,
}


def restore(loaded: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return `LOADED` with what people opened again since, or care for, open before the day.

    Adds is_touched_newborn and `role`: of each user and alert type one "main" episode, the rest
    "past", and a "spare" that an earlier evaluation opened or retracted.
    """
    stands_open = pl.col("stand_status") != AlertStatus.RESOLVED
    is_reopened = pl.col("is_touched") & stands_open & (pl.col("status") == AlertStatus.RESOLVED)
    newborn = pl.col("is_touched") & pl.col("is_newborn")
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
        newborn.alias("is_touched_newborn"),
        *(
            pl.when(newborn | is_reopened.fill_null(value=False))
            .then(value)
            .otherwise(name)
            .alias(name)
            for name, value in is_open.items()
        ),
    ).pipe(_with_roles)


def _with_roles(episodes: pl.DataFrame) -> pl.DataFrame:
    opened_before = pl.col("is_newborn") & ~pl.col("is_touched")
    is_retracted = pl.col("resolution").eq_missing(pl.lit(Resolution.RETRACTED.value))
    is_open = pl.col("status") != AlertStatus.RESOLVED
    is_first = pl.int_range(pl.len()).over(*KEY, "is_spare") == 0
    has_other = (~pl.col("is_spare")).any().over(KEY)
    role = (
        pl.when(~is_first)
        .then(pl.lit("past"))
        .when(pl.col("is_spare") & (has_other | pl.col("is_newborn")))
        .then(pl.lit("spare"))
        .otherwise(pl.lit("main"))
    )
    return (
        episodes.with_columns((opened_before | is_retracted).alias("is_spare"))
        .sort("is_newborn", is_open, "triggered_on", "id", descending=True)
        .with_columns(role.alias("role"))
        .drop("is_spare")
    )


def followed(episodes: pl.DataFrame) -> pl.DataFrame:
    """Return `FOLLOWED` of what `restore` answers."""
    is_open = (pl.col("status") != AlertStatus.RESOLVED) & ~pl.col("is_touched_newborn")
    return episodes.filter(role="main").with_columns(is_open=is_open).select(*FOLLOWED_COLUMNS)


def evaluate_day(
    episodes: pl.DataFrame, conditions: Conditions, rules: Mapping[str, Rule], moment: Moment
) -> pl.DataFrame:
    """Return `JUDGED`: every episode as it is after the day, those that open included.

    `episodes` is what `restore` answers. A new episode has no `id` and nothing current.
    """
    judged = _judge(episodes.filter(role="main"), conditions, rules, moment.day)
    anew = (pl.col("happens") == Transition.OPEN) & (pl.col("there") != EpisodeState.RETRACTED)
    main = judged.filter(pl.col("id").is_not_null()).with_columns(
        happens=pl.when(anew).then(pl.lit(Transition.FORGET.value)).otherwise("happens")
    )
    spares = _with_ends(episodes, moment.day)
    opening = _openings(judged.filter(anew), spares)
    unused = spares.join(opening.drop_nulls("id"), on="id", how="anti")
    parts = [main, unused, opening]
    return apply(pl.concat([_shaped(part) for part in parts]), moment)


def _judge(
    main: pl.DataFrame, conditions: Conditions, rules: Mapping[str, Rule], day: date
) -> pl.DataFrame:
    told = conditions.rows.select(
        *KEY,
        "fires",
        is_told=True,
        today_severity=pl.when("fires").then("severity"),
        today_metrics=pl.when("fires").then("metrics"),
    )
    live = conditions.live.select("user_id", is_live=True)
    usual = Rule()
    return (
        main.join(told, on=KEY, how="full", coalesce=True, validate="1:1")
        .join(live, on="user_id", how="left", validate="m:1")
        .join(_rules(rules), on="alert_type", how="left", validate="m:1")
        .with_columns(
            pl.col("is_told", "is_live", "is_touched_newborn").fill_null(value=False),
            pl.col("clear_limit").fill_null(usual.clear_days),
            pl.col("quiet_days").fill_null(usual.quiet_days),
        )
        .with_columns(there=episode_state(day))
        .with_columns(today=day_signal(day))
        .pipe(transition)
    )


def _rules(rules: Mapping[str, Rule]) -> pl.DataFrame:
    rows = [
        (str(kind), rule.clear_days, rule.quiet_days, rule.version) for kind, rule in rules.items()
    ]
    return pl.DataFrame(rows, schema=RULE_COLUMNS, orient="row").rename({"rule": "today_rule"})


def _with_ends(episodes: pl.DataFrame, day: date) -> pl.DataFrame:
    """Say what becomes of those that are not the main one, unless they open again."""
    ago = (pl.lit(day) - pl.col("resolved_on")).dt.total_days()
    is_past = (pl.col("role") == "past") | (ago > AGAIN_DAYS).fill_null(value=False)
    return episodes.filter(pl.col("role") != "main").with_columns(
        happens=pl.when(is_past)
        .then(pl.lit(Transition.FORGET.value))
        .when("is_newborn")
        .then(pl.lit(Transition.RETRACT.value))
        .otherwise(pl.lit(Transition.KEEP.value))
    )


def _openings(judged: pl.DataFrame, spares: pl.DataFrame) -> pl.DataFrame:
    """Give each episode that opens the row that an earlier one left, if there is one."""
    usable = spares.filter(pl.col("happens") != Transition.FORGET).drop("happens")
    told = ("today", "there", "happens", "today_severity", "today_metrics", "today_rule")
    return judged.select(*KEY, *told).join(usable, on=KEY, how="left", validate="1:1")


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in JUDGED.items()
    )
