"""For any known and unknown signals, conditions fire as a plain Python reference says."""

from collections.abc import Mapping, Sequence

import pytest

from app.reports.churn.alert_rules import CHURN_RULES, AlertType, judge_conditions
from tests.support.alert_frames import (
    followed_row,
    followed_rows,
    stored,
    stored_rows,
)
from tests.support.edge_values import pairs
from tests.support.rows import DAY, Row

pytestmark = pytest.mark.law

LEVELS = ["LOW", "MEDIUM", "HIGH", "CRITICAL"]
EDGES: Mapping[str, Sequence[object]] = {
    "risk_level": LEVELS,
    "days_since_last_activity": [0, 6, 7, 14],
    "login_count_7d": [0, 3, 4],
    "login_count_prior_7d": [0, 2, 3],
    "login_trend": [None, -100.0, -50.0, -49.99],
    "avg_frustration_score": [None, 0.0, 69.99, 70.0, 100.0],
    "subscription_status": ["FREE_TRIAL", "ACTIVE", "PAYMENT_ISSUE"],
    "days_until_trial_end": [None, -1, 0, 3, 4],
}
FIRING: Row = {
    "risk_level": "HIGH",
    "login_trend": -60.0,
    "avg_frustration_score": 80.0,
    "subscription_status": "FREE_TRIAL",
    "days_until_trial_end": 1,
}
LEARNERS = [stored(user_id=n, **{**FIRING, **pair}) for n, pair in enumerate(pairs(EDGES))]
Known = bool | None


def both(*conditions: Known) -> Known:
    """Return the AND of what is true, false or unknown."""
    if False in conditions:
        return False
    return None if None in conditions else True


def fires(kind: AlertType, row: Row, *, is_open: bool) -> Known:
    """Judge one learner; an open drop began with five logins on this very day."""

    def at_least(column: str, least: float) -> Known:
        value = row[column]
        return value >= least if isinstance(value, int | float) else None

    needed = CHURN_RULES[kind].needs_level
    is_at_risk = LEVELS.index(str(row["risk_level"])) >= LEVELS.index(needed)
    trend, ends_in = row["login_trend"], row["days_until_trial_end"]
    if kind is AlertType.ENGAGEMENT_DROP and is_open:
        return both(is_at_risk, not at_least("login_count_7d", 3.75))
    conditions: Mapping[AlertType, Sequence[Known]] = {
        AlertType.INACTIVITY: [at_least("days_since_last_activity", 7)],
        AlertType.ENGAGEMENT_DROP: [
            trend <= -50 if isinstance(trend, float) else None,
            at_least("login_count_prior_7d", 3),
            not at_least("days_since_last_activity", 7),
        ],
        AlertType.HIGH_FRUSTRATION: [at_least("avg_frustration_score", 70)],
        AlertType.PAYMENT_RISK: [row["subscription_status"] == "PAYMENT_ISSUE"],
        AlertType.TRIAL_EXPIRING: [
            row["subscription_status"] == "FREE_TRIAL",
            isinstance(ends_in, int) and 0 <= ends_in <= 3,
        ],
    }
    return both(is_at_risk, *conditions[kind])


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("kind", AlertType)
def test_each_two_edges_of_the_columns_are_judged_as_python_does(
    kind: AlertType, *, is_open: bool
) -> None:
    episodes = [
        followed_row(user_id=row["user_id"], alert_type=kind, is_open=is_open) for row in LEARNERS
    ]

    found = judge_conditions(
        stored_rows(*LEARNERS), followed_rows(*episodes), CHURN_RULES, day=DAY, is_reliable=True
    )

    told = dict(found.rows.filter(alert_type=kind).select("user_id", "fires").iter_rows())
    expected = {row["user_id"]: fires(kind, row, is_open=is_open) for row in LEARNERS}
    assert told == {user: known for user, known in expected.items() if known is not False}
