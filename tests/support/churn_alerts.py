"""Publishes churn days and evaluates their alerts; rows that fire known alerts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from app.alerts.evaluation.evaluator import DayEvaluation, evaluate
from app.alerts.models import Alert
from app.alerts.registry import alert_source
from app.kit.db.engine import Database
from tests.support.published_days import (
    DAY,
    Row,
    publish,
    risk,
)


def two_in_the_morning_after(day: date) -> datetime:
    """Return the instant at which the report of a day is made."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, 2, tzinfo=UTC)


async def publish_and_evaluate(
    database: Database, *rows: Row, **ledger_changes: object
) -> list[DayEvaluation]:
    """Publish the days of the rows and evaluate their alerts."""
    await publish(database, *rows, **ledger_changes)
    return await evaluate_due_alerts(database)


async def evaluate_due_alerts(database: Database, day: date = DAY) -> list[DayEvaluation]:
    """Evaluate the due days in the morning after `day`."""
    now = two_in_the_morning_after(day)
    churn, zone = alert_source("churn"), ZoneInfo("UTC")
    return list(await evaluate(database, churn, None, clock=lambda: now, zone=zone))


async def alerts(database: Database) -> list[Alert]:
    """List all alerts by day, academy and id; the academies of a day are evaluated concurrently."""
    order = (col(Alert.triggered_on), col(Alert.academy_id), col(Alert.id))
    async with database.transaction() as session:
        return list((await session.exec(select(Alert).order_by(*order))).all())


def healthy_learner(user_id: int, **changes: object) -> Row:
    """Return a row that no alert fires for."""
    changed: dict[str, object] = {"churn_risk_score": 10.0, **changes}
    return risk(user_id=user_id, **changed)


def critical_learner(user_id: int, **changes: object) -> Row:
    """Return a row of a learner who has been inactive for two weeks, at the level CRITICAL."""
    changed = {"churn_risk_score": 80.0, "days_since_last_activity": 14, **changes}
    return risk(user_id=user_id, **changed)


def learner_with_failed_payment(user_id: int, **changes: object) -> Row:
    """Return a row of an active learner whose payment failed."""
    changed: dict[str, object] = {
        "churn_risk_score": 20.0,
        "days_since_last_activity": 0,
        "login_trend": 0.0,
        "subscription_status": "PAYMENT_ISSUE",
        "has_payment_issues": True,
        **changes,
    }
    return risk(user_id=user_id, **changed)
