"""A subscriber's day followed by hand, from the raw rows of real files, in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.reports.churn.reference import Learner, contributions, count_trend, level, rounded, score

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "oulad"
Raw = Mapping[str, object]
SIGNALS = (
    "inactivity",
    "engagement_decay",
    "frustration",
    "login_decay",
    "assignment_stall",
    "payment_issues",
)


class Which(NamedTuple):
    """A subscriber's day."""

    day: date
    academy_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What the raw rows say of a subscriber's day, and what follows from it."""

    which: Which
    learner: Learner

    def row(self) -> dict[str, object]:
        """Return the columns that the report has of it."""
        learner = self.learner
        active = learner.active_on
        last = self.which.day - timedelta(days=min(active)) if active else None
        parts = contributions(learner)
        points = score(learner)
        trends = (count_trend(learner, learner.logins), count_trend(learner, learner.assignments))
        return {
            "tenure_days": learner.tenure_days,
            "last_active_on": last,
            "days_since_last_activity": learner.days_since,
            "active_days_in_window": len(active),
            "login_count_7d": learner.logins[0],
            "login_count_prior_7d": learner.logins[1],
            "login_trend": None if trends[0] is None else rounded(trends[0]),
            "assignments_completed_7d": learner.assignments[0],
            "assignments_completed_prior_7d": learner.assignments[1],
            "assignment_trend": None if trends[1] is None else rounded(trends[1]),
            "subscription_status": learner.status,
            "coverage": 0.65 if trends[0] is not None else 0.35,
            "churn_risk_score": points,
            "risk_level": level(points),
            "main_reason": max(SIGNALS, key=lambda n: parts.get(n, 0)) if points else None,
        }


def subscriptions() -> Sequence[Raw]:
    """Read the file of subscriptions as rows of Python."""
    return list(pq.read_table(FOLDER / "subscriptions.parquet").to_pylist())


def events_of(users: set[int]) -> Mapping[int, Sequence[Raw]]:
    """Read these users' rows of the file of activity."""
    table = pq.read_table(FOLDER / "activity.parquet")
    chosen = table.filter(pc.field("user_id").isin(sorted(users)))
    found: dict[int, list[Raw]] = {user: [] for user in users}
    for row in chosen.to_pylist():
        found[row["user_id"]].append(row)
    return found


def is_live(row: Raw, day: date) -> bool:
    """Say whether an enrolment, of which the file has only the last state, was live on a day.

    It was ACTIVE from its start until what ended it; an end on the midnight after the day comes
    too late for it.
    """
    ends = midnight(day + timedelta(days=1))
    started, over = instant(row["started_at"]), over_at(row)
    return started < ends and (over is None or (over > started and over >= ends))


def over_at(row: Raw) -> datetime | None:
    """Return from when on the end of an enrolment is known."""
    if row["status"] in {"ACTIVE", "FREE_TRIAL"}:
        return None
    given = next(row[name] for name in ("cancelled_at", "ended_at", "updated_at") if row[name])
    return instant(given)


def tenure_days(rows: Sequence[Raw], day: date) -> int:
    """Count from the first day of the unbroken time; the rows are of one user and academy."""
    first = min(instant(row["started_at"]).date() for row in rows if is_live(row, day))
    for row in sorted(rows, key=lambda row: str(row["started_at"]), reverse=True):
        start, over = instant(row["started_at"]).date(), over_at(row)
        ended = over.date() if over and not is_live(row, day) else day
        if start < first and (first - ended).days <= 30:
            first = start
    return (day - first).days


def follow(which: Which, rows: Sequence[Raw], events: Sequence[Raw]) -> Followed:
    """Work out one subscriber's day; `rows` are all subscriptions, `events` all of the user."""
    own = [row for row in rows if (row["academy_id"], row["user_id"]) == which[1:]]
    aged = [(age, row) for row in events if 0 <= (age := age_of(row, which.day)) < 14]
    learner = Learner(
        status="ACTIVE",
        tenure_days=tenure_days(own, which.day),
        active_on=frozenset(age for age, _ in aged),
        logins=in_weeks([(age, login(row)) for age, row in aged if row["kind"] == "login"]),
        assignments=in_weeks([(age, completed(row)) for age, row in aged if is_completed(row)]),
    )
    return Followed(which, learner)


def in_weeks(seen: Sequence[tuple[int, object]]) -> tuple[int, int]:
    """Count what is distinct in the last seven days, and in the seven before."""
    week, prior = ({what for age, what in seen if age // 7 == n} for n in (0, 1))
    return len(week), len(prior)


def age_of(row: Raw, day: date) -> int:
    return (day - instant(row["timestamp"]).date()).days


def login(row: Raw) -> datetime:
    return instant(row["timestamp"]).replace(second=0, microsecond=0)


def is_completed(row: Raw) -> bool:
    is_done = row["task_status"] is None or row["task_status"] == "DONE"
    return row["kind"] == "assignment_status_updated" and is_done


def completed(row: Raw) -> tuple[str, object]:
    return ("event", row["id"]) if row["related_id"] is None else ("related", row["related_id"])


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def instant(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value.astimezone(UTC)
