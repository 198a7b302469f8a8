"""Scores worked out by hand, and what is stored beside them."""

from datetime import date

import polars as pl
import pytest

from app.reports.churn.columns import STORED_COLUMNS
from app.reports.churn.scoring import SCORING_VERSION, score
from tests.support.rows import (
    DAY,
    Row,
    activities,
    activity,
    subscriber,
    subscribers,
    telemetries,
    telemetry,
)

ALL_DAYS = 0b1111111_1111111
PRIOR_ONLY = 0b1111111_0000000
AT_EASE = {"avg_engagement_score": 50, "engagement_baseline": 50, "avg_frustration_score": 0}


def one(
    person: Row | None = None, active: Row | None = None, measured: Row | None = None
) -> dict[str, object]:
    """Score one subscriber; without `active` there was no activity, nor telemetry."""
    frame = score(
        subscribers(subscriber(**(person or {}))),
        activities(*([] if active is None else [activity(**active)])),
        telemetries(*([] if measured is None else [telemetry(**measured)])),
        day=DAY,
    )
    return frame.row(0, named=True)


def week(logins: tuple[int, int] = (0, 0), done: tuple[int, int] = (0, 0), **more: object) -> Row:
    """Return activity with these counts of the week and the one before it."""
    counts = {
        "login_count_7d": logins[0],
        "login_count_prior_7d": logins[1],
        "assignments_completed_7d": done[0],
        "assignments_completed_prior_7d": done[1],
    }
    return counts | more


UNPAID: Row = {"subscription_status": "PAYMENT_ISSUE"}
NEW: Row = {"tenure_days": 3}


@pytest.mark.parametrize(
    ("person", "active", "measured", "expected"),
    [
        pytest.param({}, week((5, 5)), None, (0.0, "LOW", 0.65, None), id="healthy"),
        pytest.param({}, None, None, (84.62, "CRITICAL", 0.65, "inactivity"), id="silent"),
        pytest.param(
            {"tenure_days": 14}, None, None, (84.62, "CRITICAL", 0.65, "inactivity"), id="14 days"
        ),
        pytest.param(
            {"tenure_days": 13}, None, None, (66.33, "HIGH", 0.35, "inactivity"), id="13 days"
        ),
        pytest.param(UNPAID, None, None, (100.0, "CRITICAL", 0.65, "inactivity"), id="all is lost"),
        pytest.param(NEW, None, None, (15.31, "LOW", 0.35, "inactivity"), id="new and never seen"),
        pytest.param(
            {**NEW, **UNPAID},
            None,
            None,
            (43.88, "MEDIUM", 0.35, "payment_issues"),
            id="new, never seen, unpaid",
        ),
        pytest.param(
            {"tenure_days": 0}, None, None, (0.0, "LOW", 0.35, None), id="began on the day"
        ),
        pytest.param(
            NEW, week((1, 0), active_days=1), None, (0.0, "LOW", 0.35, None), id="new and active"
        ),
        pytest.param(
            NEW,
            week((0, 4), active_days=1 << 9),
            None,
            (47.8, "MEDIUM", 0.65, "inactivity"),
            id="new, but active a week ago: trends are known",
        ),
        pytest.param(
            {},
            week((0, 7), active_days=PRIOR_ONLY),
            None,
            (42.31, "MEDIUM", 0.65, "login_decay"),
            id="left a week ago",
        ),
        pytest.param(
            {}, week((10, 1), (3, 0)), None, (0.0, "LOW", 0.65, None), id="rises are no risk"
        ),
        pytest.param(
            UNPAID,
            week((3, 4), (1, 2)),
            {"avg_engagement_score": 60, "engagement_baseline": 80, "avg_frustration_score": 40},
            (32.25, "MEDIUM", 1.0, "payment_issues"),
            id="all signals known",
        ),
        pytest.param(
            {},
            None,
            {"engagement_baseline": 50},
            (88.24, "CRITICAL", 0.85, "inactivity"),
            id="silent, with a baseline only",
        ),
        pytest.param(
            {}, None, AT_EASE, (75.0, "CRITICAL", 1.0, "inactivity"), id="silent, but measured"
        ),
        pytest.param(
            {},
            week(),
            {"avg_engagement_score": 50, "engagement_baseline": 0},
            (0.0, "LOW", 0.65, None),
            id="a baseline of 0",
        ),
        pytest.param(
            {},
            week(),
            {"avg_engagement_score": 0, "engagement_baseline": 0.004},
            (0.0, "LOW", 0.65, None),
            id="a baseline stored as 0",
        ),
        pytest.param(
            {},
            week(),
            {"avg_engagement_score": 0.0, "engagement_baseline": 80},
            (23.53, "LOW", 0.85, "engagement_decay"),
            id="no frustration known",
        ),
        pytest.param(
            {},
            week(),
            {"avg_frustration_score": 120},
            (18.75, "LOW", 0.8, "frustration"),
            id="frustration is clamped",
        ),
        pytest.param(
            {},
            week((0, 5), (0, 5)),
            None,
            (46.15, "MEDIUM", 0.65, "login_decay"),
            id="the first of two equal reasons",
        ),
    ],
)
def test_a_score_is_what_the_definition_says(
    person: Row, active: Row | None, measured: Row | None, expected: tuple[object, ...]
) -> None:
    row = one(person, active, measured)

    named = ("churn_risk_score", "risk_level", "coverage", "main_reason")
    assert tuple(row[name] for name in named) == expected


@pytest.mark.parametrize(
    ("engagement", "points", "level"),
    [
        pytest.param(25.1, 24.98, "LOW", id="below"),
        pytest.param(25.03, 24.99, "LOW", id="just below"),
        pytest.param(25.025, 25.0, "MEDIUM", id="rounded half up to it"),
        pytest.param(25.0, 25.0, "MEDIUM", id="on it"),
    ],
)
def test_the_level_follows_the_rounded_score(engagement: float, points: float, level: str) -> None:
    measured = AT_EASE | {"avg_engagement_score": engagement, "engagement_baseline": 100}

    row = one(UNPAID, week(), measured)

    assert (row["churn_risk_score"], row["risk_level"]) == (points, level)


@pytest.mark.parametrize(
    ("person", "measured", "points", "level"),
    [
        pytest.param({}, {}, 50.0, "HIGH", id="50 is high"),
        pytest.param({}, {"avg_engagement_score": 0.1}, 49.96, "MEDIUM", id="less is medium"),
        pytest.param(UNPAID, {"avg_frustration_score": 100}, 75.0, "CRITICAL", id="75 is critical"),
        pytest.param(UNPAID, {"avg_frustration_score": 99.9}, 74.99, "HIGH", id="less is high"),
    ],
)
def test_levels_begin_at_their_thresholds(
    person: Row, measured: Row, points: float, level: str
) -> None:
    row = one(person, week((0, 1), (0, 1)), {**AT_EASE, "avg_engagement_score": 0, **measured})

    assert (row["churn_risk_score"], row["risk_level"]) == (points, level)


def test_contributions_are_rounded_so_that_they_add_up() -> None:
    row = one()

    shares = {name: value for name, value in row.items() if name.startswith("contribution_")}
    assert shares == {
        "contribution_inactivity": 38.46,
        "contribution_engagement_decay": None,
        "contribution_frustration": None,
        "contribution_login_decay": 23.08,
        "contribution_assignment_stall": 23.08,
        "contribution_payment_issues": 0.0,
    }


@pytest.mark.parametrize(
    ("tenure", "mask", "days_since", "last_active_on", "active_days"),
    [
        pytest.param(100, 1, 0, DAY, 1, id="today"),
        pytest.param(100, ALL_DAYS, 0, DAY, 14, id="every day"),
        pytest.param(100, 1 << 13 | 1 << 2, 2, date(2024, 3, 12), 2, id="two days ago"),
        pytest.param(100, 1 << 13, 13, date(2024, 3, 1), 1, id="the oldest day"),
        pytest.param(100, 1 << 14, 14, None, 0, id="before the window"),
        pytest.param(100, 0, 14, None, 0, id="never"),
        pytest.param(5, 0, 5, None, 0, id="never since it began"),
        pytest.param(5, 1 << 9, 9, date(2024, 3, 5), 1, id="before it began"),
    ],
)
def test_activity_is_read_from_the_days(
    tenure: int, mask: int, days_since: int, last_active_on: date | None, active_days: int
) -> None:
    row = one({"tenure_days": tenure}, {"active_days": mask})

    assert row["days_since_last_activity"] == days_since
    assert row["last_active_on"] == last_active_on
    assert row["active_days_in_window"] == active_days


def test_means_are_rounded_only_when_stored() -> None:
    row = one({}, week(), {"avg_engagement_score": 1.004, "engagement_baseline": 3.004})

    assert (row["avg_engagement_score"], row["engagement_baseline"]) == (1.0, 3.0)
    assert row["engagement_trend"] == -66.58


def test_what_the_subscription_says_is_kept() -> None:
    said: Row = {
        "subscription_status": "PAYMENT_ISSUE",
        "days_until_renewal": -3,
        "days_until_trial_end": 2,
        "tenure_days": 40,
        "mrr": 8.335,
        "currency": "EUR",
    }

    row = one(said)

    assert {name: row[name] for name in said} == {**said, "mrr": 8.34}
    assert row["has_payment_issues"] is True


def test_rows_have_the_columns_of_the_table_in_order() -> None:
    people = subscribers(
        *(subscriber(academy_id=a, user_id=u) for a, u in [(2, 1), (1, 9), (1, 2)])
    )

    frame = score(people, activities(), telemetries(), day=DAY)

    assert dict(frame.schema) == dict(STORED_COLUMNS)
    assert frame.select("academy_id", "user_id").rows() == [(1, 2), (1, 9), (2, 1)]
    assert frame.row(0)[0] == DAY
    assert set(frame["scoring_version"]) == {SCORING_VERSION}


def test_nobody_is_scored_when_nobody_is_live() -> None:
    frame = score(subscribers(), activities(activity()), telemetries(telemetry()), day=DAY)

    assert frame.is_empty()
    assert dict(frame.schema) == dict(STORED_COLUMNS)


def test_a_learner_of_two_academies_has_the_same_activity_in_both() -> None:
    people = subscribers(subscriber(academy_id=1), subscriber(academy_id=2, **UNPAID))

    frame = score(people, activities(activity(active_days=1 << 4)), telemetries(), day=DAY)

    assert frame["days_since_last_activity"].to_list() == [4, 4]
    assert frame["has_payment_issues"].to_list() == [False, True]


def test_stored_floats_are_the_nearest_to_their_two_decimals() -> None:
    people = subscribers(*(subscriber(user_id=n, mrr=n / 100) for n in range(5_000)))

    frame = score(people, activities(), telemetries(), day=DAY)

    assert frame["mrr"].to_list() == [n / 100 for n in range(5_000)]
    assert frame.select(pl.col("coverage").unique()).item() == 0.65
