"""The alert conditions of churn rows, at the thresholds of every condition."""

import json
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from app.alerts.contract import Conditions
from app.alerts.enums import Severity
from app.alerts.rules.rule import Rule
from app.reports.churn.alert_rules import CHURN_RULES, AlertType, judge_conditions
from tests.support.alert_frames import (
    followed_row,
    followed_rows,
    stored,
    stored_rows,
)
from tests.support.rows import DAY, Row

GONE_QUIET: Row = {"risk_level": "HIGH", "days_since_last_activity": 7}
DROPPED: Row = {
    "risk_level": "MEDIUM",
    "login_trend": -50.0,
    "login_count_7d": 2,
    "login_count_prior_7d": 4,
}
FRUSTRATED: Row = {"risk_level": "MEDIUM", "avg_frustration_score": 70.0}
TRYING: Row = {"subscription_status": "FREE_TRIAL", "days_until_trial_end": 3}
OWING: Row = {"subscription_status": "PAYMENT_ISSUE", "has_payment_issues": True}


def conditions(
    row: Row, *episodes: Row, day: date = DAY, is_reliable: bool = True, **rules: Rule
) -> Conditions:
    changed = {**CHURN_RULES, **rules}
    frames = stored_rows(row), followed_rows(*episodes)
    return judge_conditions(*frames, changed, day=day, is_reliable=is_reliable)


def told(found: Conditions) -> dict[str, bool | None]:
    """Map each alert type that has a row to whether it fires."""
    return dict(found.rows.select("alert_type", "fires").iter_rows())


@pytest.mark.parametrize(
    ("changes", "types"),
    [
        pytest.param({}, [], id="somebody who is well"),
        pytest.param(GONE_QUIET, ["INACTIVITY"], id="a week without activity"),
        pytest.param({**GONE_QUIET, "days_since_last_activity": 6}, [], id="six days without"),
        pytest.param({**GONE_QUIET, "risk_level": "MEDIUM"}, [], id="a week, but not at risk"),
        pytest.param({**GONE_QUIET, "risk_level": "CRITICAL"}, ["INACTIVITY"], id="critical"),
        pytest.param(DROPPED, ["ENGAGEMENT_DROP"], id="half the logins"),
        pytest.param({**DROPPED, "login_trend": -49.99}, [], id="just over half"),
        pytest.param({**DROPPED, "risk_level": "LOW"}, [], id="half, but not at risk"),
        pytest.param({**DROPPED, "login_count_prior_7d": 2}, [], id="few logins to begin with"),
        pytest.param({**DROPPED, "login_trend": None}, [], id="no trend known"),
        pytest.param(
            {**DROPPED, "days_since_last_activity": 7}, [], id="inactivity says it already"
        ),
        pytest.param(FRUSTRATED, ["HIGH_FRUSTRATION"], id="frustrated"),
        pytest.param({**FRUSTRATED, "avg_frustration_score": 69.99}, [], id="not quite"),
        pytest.param({**FRUSTRATED, "risk_level": "LOW"}, [], id="frustrated and safe"),
        pytest.param(OWING, ["PAYMENT_RISK"], id="a payment failed"),
        pytest.param(TRYING, ["TRIAL_EXPIRING"], id="three days of trial"),
        pytest.param({**TRYING, "days_until_trial_end": 0}, ["TRIAL_EXPIRING"], id="the last"),
        pytest.param({**TRYING, "days_until_trial_end": 4}, [], id="four days of trial"),
        pytest.param({**TRYING, "days_until_trial_end": -1}, [], id="past its end"),
        pytest.param({**TRYING, "days_until_trial_end": None}, [], id="without an end"),
        pytest.param({**TRYING, "subscription_status": "ACTIVE"}, [], id="pays as well"),
    ],
)
def test_a_condition_fires_from_its_threshold_and_level_on(changes: Row, types: list[str]) -> None:
    found = conditions(stored(**changes))

    assert told(found) == dict.fromkeys(types, True)


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        (GONE_QUIET, "HIGH"),
        ({**GONE_QUIET, "risk_level": "CRITICAL"}, "CRITICAL"),
        (DROPPED, "MEDIUM"),
        (FRUSTRATED, "MEDIUM"),
        (OWING, "CRITICAL"),
        (TRYING, "HIGH"),
    ],
)
def test_the_severity_is_the_level_or_that_of_the_type(changes: Row, severity: str) -> None:
    found = conditions(stored(**changes))

    assert found.rows["severity"].to_list() == [severity]


@pytest.mark.parametrize(
    ("logins", "days_open", "fires"),
    [
        pytest.param(3, 1, True, id="fewer than three quarters"),
        pytest.param(4, 1, False, id="back"),
        pytest.param(3, 27, True, id="the 28th day"),
        pytest.param(3, 28, False, id="the 29th day"),
    ],
)
def test_a_drop_lasts_while_logins_stay_down(logins: int, days_open: int, *, fires: bool) -> None:
    row = stored(risk_level="MEDIUM", login_count_7d=logins, days_since_last_activity=7)
    episode = followed_row(alert_type="ENGAGEMENT_DROP")

    found = conditions(row, episode, day=DAY + timedelta(days=days_open))

    assert told(found) == ({"ENGAGEMENT_DROP": True} if fires else {})


def test_a_drop_that_has_ended_needs_another_drop() -> None:
    row = stored(risk_level="MEDIUM", login_count_7d=3)
    episode = followed_row(alert_type="ENGAGEMENT_DROP", is_open=False)

    assert told(conditions(row, episode)) == {}


def test_on_an_unreliable_day_only_payment_and_trial_are_judged() -> None:
    everything = {**DROPPED, **FRUSTRATED, **OWING, "risk_level": "CRITICAL"}
    episodes = [followed_row(alert_type=kind) for kind in AlertType]

    found = conditions(stored(**everything), *episodes, is_reliable=False)

    assert told(found) == {
        "INACTIVITY": None,
        "ENGAGEMENT_DROP": None,
        "HIGH_FRUSTRATION": None,
        "PAYMENT_RISK": True,
    }


def test_unknown_conditions_are_returned_only_for_followed_episodes() -> None:
    missing = stored(risk_level="HIGH", avg_frustration_score=None)

    assert told(conditions(missing)) == {}
    assert told(conditions(missing, followed_row(alert_type="HIGH_FRUSTRATION"))) == {
        "HIGH_FRUSTRATION": None
    }


def test_below_the_level_a_condition_is_clear_even_without_the_signal() -> None:
    safe = stored(risk_level="LOW", avg_frustration_score=None)

    assert told(conditions(safe, followed_row(alert_type="HIGH_FRUSTRATION"))) == {}


def test_the_rules_of_the_academy_are_applied() -> None:
    rule = replace(CHURN_RULES["INACTIVITY"], threshold=5, needs_level=Severity.LOW)
    row = stored(days_since_last_activity=5)

    assert told(conditions(row, INACTIVITY=rule)) == {"INACTIVITY": True}
    assert told(conditions(row, INACTIVITY=replace(rule, enabled=False))) == {}


def test_a_disabled_inactivity_rule_does_not_suppress_a_drop() -> None:
    row = stored(**DROPPED, days_since_last_activity=7)
    rule = replace(CHURN_RULES["INACTIVITY"], enabled=False)

    assert told(conditions(row, INACTIVITY=rule)) == {"ENGAGEMENT_DROP": True}


def test_the_signals_of_the_day_are_kept() -> None:
    found = conditions(stored(**GONE_QUIET, login_count_prior_7d=9))

    kept = json.loads(found.rows["metrics"].item())
    assert kept["days_since_last_activity"] == 7
    assert kept["login_count_prior_7d"] == 9
    assert kept["risk_level"] == "HIGH"


def test_every_learner_with_a_row_is_live() -> None:
    found = conditions(stored(user_id=8))

    assert found.live.equals(pl.DataFrame({"user_id": [8]}))


def test_an_academy_without_rows_has_no_live_learner() -> None:
    nobody = stored_rows().clear()

    found = judge_conditions(
        nobody, followed_rows(followed_row()), CHURN_RULES, day=DAY, is_reliable=True
    )

    assert found.live.is_empty()
    assert found.rows.is_empty()
