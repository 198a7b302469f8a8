"""The reason of an alert, in words."""

import orjson
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.registry import alert_source
from app.reports.churn.alert_rules import CHURN_RULES, AlertType

CASES = [
    (AlertType.INACTIVITY, {"days_since_last_activity": 1}, "not seen for 1 day"),
    (AlertType.INACTIVITY, {}, "inactivity"),
    (AlertType.INACTIVITY, {"days_since_last_activity": 7}, "not seen for 7 days"),
    (AlertType.INACTIVITY, {"days_since_last_activity": 14}, "not seen for 14 days or more"),
    (
        AlertType.ENGAGEMENT_DROP,
        {"login_count_7d": 1, "login_count_prior_7d": 5},
        "logged in 1 time in a week, 5 times in the one before",
    ),
    (
        AlertType.ENGAGEMENT_DROP,
        {"login_count_7d": 0, "login_count_prior_7d": 1},
        "logged in 0 times in a week, 1 time in the one before",
    ),
    (AlertType.ENGAGEMENT_DROP, {"login_count_7d": 1}, "engagement drop"),
    (
        AlertType.HIGH_FRUSTRATION,
        {"avg_frustration_score": 71.51},
        "frustration at 72 of 100",
    ),
    (AlertType.HIGH_FRUSTRATION, {"avg_frustration_score": None}, "high frustration"),
    (AlertType.PAYMENT_RISK, {}, "a payment failed"),
    (AlertType.TRIAL_EXPIRING, {"days_until_trial_end": None}, "trial expiring"),
    (AlertType.TRIAL_EXPIRING, {"days_until_trial_end": 0}, "the trial ends today"),
    (AlertType.TRIAL_EXPIRING, {"days_until_trial_end": 1}, "the trial ends in 1 day"),
    (AlertType.TRIAL_EXPIRING, {"days_until_trial_end": 3}, "the trial ends in 3 days"),
]


@pytest.mark.parametrize(("kind", "metrics", "words"), CASES)
async def test_the_reason_is_written_from_the_signals(
    session: AsyncSession, kind: AlertType, metrics: dict[str, object], words: str
) -> None:
    connection = await session.connection()
    alert = "SELECT CAST(:kind AS text) AS alert_type, CAST(:metrics AS jsonb) AS metrics_snapshot"
    asked = f"SELECT ({alert_source('churn').reason_sql}) FROM ({alert}) AS p"  # noqa: S608 - our own
    values = {"kind": kind, "metrics": orjson.dumps(metrics).decode()}

    said = (await connection.execute(text(asked), values)).scalar_one()

    assert said == words


def test_every_type_has_a_rule_and_a_reason() -> None:
    assert set(CHURN_RULES) == set(AlertType) == {kind for kind, _, _ in CASES}
