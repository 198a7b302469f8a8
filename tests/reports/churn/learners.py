"""Made-up learners: what hypothesis draws, and how the real scoring answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
from hypothesis import strategies as st

from app.reports.churn.scoring import score
from tests.reports.churn.reference import Learner
from tests.support.edge_values import pairs
from tests.support.rows import (
    DAY,
    activities,
    activity,
    subscriber,
    subscribers,
    telemetries,
    telemetry,
)

STATUSES = ["FREE_TRIAL", "ACTIVE", "PAYMENT_ISSUE"]
HUNDREDTHS = st.integers(0, 10_000)
COUNTS = st.integers(0, 40)
TENURES = st.integers(0, 40)
MEANS = st.sampled_from([None, 0, 1, 10_000]) | HUNDREDTHS
DAYS = st.frozensets(st.integers(0, 13))


EDGES: Mapping[str, Sequence[Any]] = {
    "status": STATUSES,
    "tenure_days": [0, 13, 14, 400],
    "active_on": [frozenset(), frozenset({0}), frozenset({6, 7}), frozenset({13})],
    "logins": [(0, 0), (1, 0), (0, 1), (3, 3)],
    "assignments": [(0, 0), (1, 0), (0, 1), (3, 3)],
    **dict.fromkeys(("engagement", "frustration", "baseline"), (None, 0, 1, 10_000)),
}


def edge_crowd() -> Sequence[Learner]:
    """Return learners with each two columns at each two of their edges, the rest usual."""
    measured = Learner(active_on=frozenset({1, 8}), engagement=50, frustration=50, baseline=60)
    drawn = [replace(measured, **pair) for pair in pairs(EDGES)]
    return [
        replace(
            one,
            logins=allowed(one.logins, one.active_on),
            assignments=allowed(one.assignments, one.active_on),
        )
        for one in drawn
    ]


def allowed(counts: tuple[int, int], active_on: frozenset[int]) -> tuple[int, int]:
    """Leave only counts of weeks with an active day: whoever logs in is active."""
    week, prior = any(day < 7 for day in active_on), any(day >= 7 for day in active_on)
    return counts[0] * week, counts[1] * prior


@st.composite
def learners(
    draw: st.DrawFn,
    *,
    tenure: st.SearchStrategy[int] = TENURES,
    days: st.SearchStrategy[frozenset[int]] = DAYS,
    means: st.SearchStrategy[int | None] = MEANS,
) -> Learner:
    active_on = draw(days)
    return Learner(
        status=draw(st.sampled_from(STATUSES)),
        tenure_days=draw(tenure),
        active_on=active_on,
        logins=allowed((draw(COUNTS), draw(COUNTS)), active_on),
        assignments=allowed((draw(COUNTS), draw(COUNTS)), active_on),
        engagement=draw(means),
        frustration=draw(means),
        baseline=draw(means),
    )


def gone(learner: Learner) -> Learner:
    """Return the same learner without any activity in the window."""
    return replace(learner, active_on=frozenset(), logins=(0, 0), assignments=(0, 0))


def scores_of(*them: Learner) -> Sequence[Mapping[str, object]]:
    """Score learners, user 0 and up, all of academy 1."""
    return score(*frames_of(them), day=DAY).to_dicts()


def frames_of(them: Sequence[Learner]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return subscribers, activity and telemetry; who has none has no row there."""
    people = dict(enumerate(them))
    return (
        subscribers(
            *(
                subscriber(user_id=n, subscription_status=a.status, tenure_days=a.tenure_days)
                for n, a in people.items()
            )
        ),
        activities(*(_activity(n, a) for n, a in people.items() if a.active_on)),
        telemetries(*(_means(n, a) for n, a in people.items() if _has_means(a))),
    )


def _activity(user_id: int, learner: Learner) -> Mapping[str, object]:
    return activity(
        user_id=user_id,
        active_days=sum(1 << day for day in learner.active_on),
        login_count_7d=learner.logins[0],
        login_count_prior_7d=learner.logins[1],
        assignments_completed_7d=learner.assignments[0],
        assignments_completed_prior_7d=learner.assignments[1],
    )


def _has_means(learner: Learner) -> bool:
    return {learner.engagement, learner.frustration, learner.baseline} != {None}


def _means(user_id: int, learner: Learner) -> Mapping[str, object]:
    return telemetry(
        user_id=user_id,
        avg_engagement_score=_points(learner.engagement),
        avg_frustration_score=_points(learner.frustration),
        engagement_baseline=_points(learner.baseline),
    )


def _points(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / 100
