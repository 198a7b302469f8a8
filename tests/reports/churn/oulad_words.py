"""A subscriber's day that was followed by hand, as a row of a table that a person can check."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from tests.reports.churn.oulad_reference import (
    Followed,
    Raw,
    Which,
    age_of,
    completed,
    is_completed,
    login,
)
from tests.reports.churn.reference import WEIGHTS, signals

HEADER = (
    "| day, academy, user | tenure | raw events in the window"
    " | days since | logins | assignments | score | level | main reason |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def line(followed: Followed, events: Sequence[Raw]) -> str:
    """Write the way from the raw events to the score as one row under `HEADER`."""
    row = followed.row()
    cells = (
        ", ".join(map(str, followed.which)),
        row["tenure_days"],
        _events(followed.which, events),
        row["days_since_last_activity"],
        _weeks(row, "login_count", "login_trend"),
        _weeks(row, "assignments_completed", "assignment_trend"),
        f"{_sum(followed)} = **{row['churn_risk_score']}**",
        row["risk_level"],
        row["main_reason"] or "-",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _weeks(row: Mapping[str, object], count: str, trend: str) -> str:
    told = "unknown" if row[trend] is None else f"{row[trend]:g} %"
    return f"{row[f'{count}_7d']} after {row[f'{count}_prior_7d']}: {told}"


def _events(which: Which, events: Sequence[Raw]) -> str:
    """List the days of the window with activity, oldest first, and what counts on each."""
    by_age: dict[int, list[Raw]] = defaultdict(list)
    for event in events:
        if 0 <= age_of(event, which.day) < 14:
            by_age[age_of(event, which.day)].append(event)
    days = [
        f"{which.day - timedelta(days=age):%m-%d} {_on_a_day(rows)}"
        for age, rows in sorted(by_age.items(), reverse=True)
    ]
    return "; ".join(days) or "none"


def _on_a_day(rows: Sequence[Raw]) -> str:
    logins = {login(row) for row in rows if row["kind"] == "login"}
    done = {completed(row) for row in rows if is_completed(row)}
    others = sum(row["kind"] != "login" and not is_completed(row) for row in rows)
    parts = ((len(logins), "login"), (len(done), "done"), (others, "other"))
    return ", ".join(f"{count} {name}" for count, name in parts if count)


def _sum(followed: Followed) -> str:
    """Write the weighted sum of the signals that are known."""
    known = {name: value for name, value in signals(followed.learner).items() if value is not None}
    terms = " + ".join(
        f"{WEIGHTS[name] / 100:g} x {_decimal(value)}" for name, value in known.items()
    )
    return f"({terms}) / {sum(WEIGHTS[name] for name in known) / 100:g}"


def _decimal(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
