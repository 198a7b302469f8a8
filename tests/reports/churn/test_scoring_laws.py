"""What holds for every subscriber, whoever hypothesis thinks of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import fsum

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from app.reports.churn.scoring import THRESHOLDS, WEIGHTS, Signal, score
from tests.reports.churn import reference
from tests.reports.churn.learners import (
    HUNDREDTHS,
    STATUSES,
    edge_crowd,
    frames_of,
    gone,
    learners,
    scores_of,
)
from tests.reports.churn.reference import Learner
from tests.support.rows import DAY

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("untraced")]
CROWD = st.lists(learners(), min_size=1, max_size=12)
EDGES = edge_crowd()
SETTLED = learners(tenure=st.integers(14, 400))
UNMEASURED = learners(tenure=st.integers(14, 400), means=st.none())
MEASURED = learners(tenure=st.integers(14, 400), means=st.integers(1, 10_000))


def points(row: Mapping[str, object]) -> float:
    value = row["churn_risk_score"]
    assert isinstance(value, float)
    return value


def shares(row: Mapping[str, object]) -> Mapping[str, float]:
    found = {signal: row[f"contribution_{signal}"] for signal in Signal}
    return {name: value for name, value in found.items() if isinstance(value, float)}


def test_weights_sum_to_one() -> None:
    assert fsum(WEIGHTS.values()) == 1
    assert {signal: round(100 * weight) for signal, weight in WEIGHTS.items()} == reference.WEIGHTS


def test_thresholds_rise_from_zero() -> None:
    limits = list(THRESHOLDS.values())

    assert limits[0] == 0
    assert all(low < high for low, high in pairwise(limits))


@example(EDGES)
@given(CROWD)
def test_score_level_and_coverage_are_those_of_the_definition(crowd: Sequence[Learner]) -> None:
    rows = scores_of(*crowd)

    found = [(row["churn_risk_score"], row["risk_level"], row["coverage"]) for row in rows]
    expected = [(reference.score(one), reference.coverage(one)) for one in crowd]
    assert found == [(value, reference.level(value), known) for value, known in expected]


@example(EDGES)
@given(CROWD)
def test_trends_are_those_of_the_definition(crowd: Sequence[Learner]) -> None:
    rows = scores_of(*crowd)

    for row, one in zip(rows, crowd, strict=True):
        trends = {
            "login_trend": reference.count_trend(one, one.logins),
            "assignment_trend": reference.count_trend(one, one.assignments),
            "engagement_trend": reference.engagement_trend(one),
        }
        stored = {name: None if x is None else reference.rounded(x) for name, x in trends.items()}
        assert {name: row[name] for name in trends} == stored


@example(EDGES)
@given(CROWD)
def test_a_score_lies_within_0_and_100_and_so_does_each_share(crowd: Sequence[Learner]) -> None:
    for row in scores_of(*crowd):
        assert all(0 <= value <= 100 for value in [points(row), *shares(row).values()])


@example(EDGES)
@given(CROWD)
def test_contributions_add_up_to_the_score(crowd: Sequence[Learner]) -> None:
    for row in scores_of(*crowd):
        assert sum(round(100 * share) for share in shares(row).values()) == round(100 * points(row))


@example(EDGES)
@given(CROWD)
def test_a_contribution_is_less_than_a_hundredth_off(crowd: Sequence[Learner]) -> None:
    for row, one in zip(scores_of(*crowd), crowd, strict=True):
        exact = reference.contributions(one)
        assert shares(row).keys() == exact.keys()
        assert all(abs(Fraction(shares(row)[name]) - exact[name]) < 0.0101 for name in exact)


@example(EDGES)
@given(CROWD)
def test_the_main_reason_is_the_first_of_the_largest_contributions(
    crowd: Sequence[Learner],
) -> None:
    for row in scores_of(*crowd):
        largest = max(shares(row), key=shares(row).__getitem__)
        assert row["main_reason"] == (largest if points(row) else None)


@given(UNMEASURED)
def test_who_is_silent_scores_no_lower_than_with_any_activity(one: Learner) -> None:
    active, silent = scores_of(one, gone(one))

    assert points(silent) >= points(active)


@given(SETTLED)
def test_silence_scores_no_lower_with_the_same_telemetry_either(one: Learner) -> None:
    active, silent = scores_of(one, gone(one))

    assert points(silent) >= points(active)


@given(learners(), st.sampled_from(STATUSES))
def test_more_payment_trouble_never_lowers_a_score(one: Learner, status: str) -> None:
    before, after = scores_of(replace(one, status=status), replace(one, status="PAYMENT_ISSUE"))

    assert points(after) >= points(before)


@given(learners(), HUNDREDTHS, HUNDREDTHS)
def test_more_frustration_never_lowers_a_score(one: Learner, less: int, more: int) -> None:
    less, more = sorted((less, more))

    calm, angry = scores_of(replace(one, frustration=less), replace(one, frustration=more))

    assert points(angry) >= points(calm)


@given(MEASURED)
def test_with_every_signal_known_the_score_is_the_seeds_sum(one: Learner) -> None:
    (row,) = scores_of(one)

    assert row["coverage"] == 1
    assert points(row) == reference.seeds_formula(one)


@example(EDGES, 0)
@given(CROWD, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_never_matters(crowd: Sequence[Learner], seed: int) -> None:
    frames = frames_of(crowd)
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in frames]

    assert_frame_equal(score(*shuffled, day=DAY), score(*frames, day=DAY))


@example(EDGES)
@given(CROWD)
def test_one_is_scored_alone_as_in_a_crowd(crowd: Sequence[Learner]) -> None:
    together = score(*frames_of(crowd), day=DAY)

    people, activity, telemetry = frames_of(crowd)
    alone = score(people.tail(1), activity, telemetry, day=DAY)
    assert_frame_equal(alone, together.tail(1))


@pytest.mark.parametrize("place", [1, 2])
def test_a_user_with_two_rows_is_refused(place: int) -> None:
    frames = list(frames_of([Learner(active_on=frozenset({0}), frustration=1)]))
    frames[place] = pl.concat([frames[place], frames[place]])

    with pytest.raises(pl.exceptions.ComputeError):
        score(*frames, day=DAY)
