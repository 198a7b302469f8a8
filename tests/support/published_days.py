"""Published days of the churn report, as small as a test needs them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.partitions import ensure_months
from app.reports.churn.models import ChurnDaySummary, ChurnRiskReport
from app.reports.churn.scoring import THRESHOLDS, RiskLevel
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import DayState, Verdict

DAY = date(2026, 3, 10)
PUBLISHED_AT = datetime(2026, 3, 11, 2, tzinfo=UTC)
RUN = UUID("0190b5a0-6a3e-7c58-8f6e-2f6a2d1c9b11")

Row = Mapping[str, object]


def risk(**changes: object) -> Row:
    """Return a row of the report: somebody who has not been seen for a week."""
    row: dict[str, object] = {
        "report_date": DAY,
        "academy_id": 1,
        "user_id": 1,
        "churn_risk_score": 60.0,
        "main_reason": "inactivity",
        "coverage": 0.65,
        "days_since_last_activity": 7,
        "last_active_on": DAY - timedelta(days=7),
        "active_days_in_window": 3,
        "login_count_7d": 0,
        "login_count_prior_7d": 4,
        "login_trend": -100.0,
        "assignments_completed_7d": 0,
        "assignments_completed_prior_7d": 2,
        "assignment_trend": -100.0,
        "avg_engagement_score": None,
        "engagement_baseline": None,
        "engagement_trend": None,
        "avg_frustration_score": None,
        "subscription_status": "ACTIVE",
        "has_payment_issues": False,
        "days_until_renewal": 5,
        "days_until_trial_end": None,
        "tenure_days": 100,
        "mrr": 49.0,
        "currency": "EUR",
        "contribution_inactivity": 60.0,
        "scoring_version": 1,
        "run_id": RUN,
        **changes,
    }
    return row | {"risk_level": level_of(float(str(row["churn_risk_score"])))}


def level_of(score: float) -> str:
    """Return the level of a score."""
    reached = [level for level, lowest in THRESHOLDS.items() if lowest <= score]
    return str(RiskLevel(reached[-1]))


async def publish(database: Database, *rows: Row, **ledger_changes: object) -> None:
    """Publish every academy's day that the rows are of, replacing what was there."""
    await ensure_months(database, "churn_risk_reports", {_day(row) for row in rows})
    for (day, academy_id), group in groupby(sorted(rows, key=_key), key=_key):
        async with database.transaction() as session:
            await replace_day(session, day, academy_id, list(group), ledger_changes)


async def replace_day(
    session: AsyncSession,
    day: date,
    academy_id: int,
    rows: Sequence[Row],
    changes: dict[str, object],
) -> None:
    """Publish an academy's day in the session's transaction; the months must exist."""
    connection = await session.connection()
    for table in ("churn_risk_reports", "churn_day_summaries"):
        gone = text(f"DELETE FROM {table} WHERE report_date = :day AND academy_id = :id")  # noqa: S608
        await connection.execute(gone, {"day": day, "id": academy_id})
    await session.exec(insert(ChurnRiskReport), params=[dict(row) for row in rows])
    await session.exec(insert(ChurnDaySummary).values(**_summary(day, academy_id, rows)))
    revision = await ledger.next_revision(session)
    values: dict[str, object] = {
        "state": DayState.PUBLISHED,
        "verdict": Verdict.OK,
        "revision": revision,
        "checked_revision": revision,
        "run_id": RUN,
        "rows": len(rows),
        "scoring_version": 1,
        "published_at": PUBLISHED_AT,
        "updated_at": PUBLISHED_AT,
    }
    await ledger.write_ledger_day(session, "churn", day, academy_id, values | changes)


def _summary(day: date, academy_id: int, rows: Sequence[Row]) -> dict[str, object]:
    levels = [str(row["risk_level"]).lower() for row in rows]
    statuses = [str(row["subscription_status"]).lower() for row in rows]
    return {
        "report_date": day,
        "academy_id": academy_id,
        "rows": len(rows),
        **{level.lower(): levels.count(level.lower()) for level in RiskLevel},
        **{name: statuses.count(name) for name in ("free_trial", "active", "payment_issue")},
        "score_sum": sum(float(str(row["churn_risk_score"])) for row in rows),
        "mrr_by_level": {"EUR": {level.upper(): 49.0 for level in levels}},
    }


def _day(row: Row) -> date:
    day = row["report_date"]
    assert isinstance(day, date)
    return day


def _key(row: Row) -> tuple[date, int]:
    return _day(row), int(str(row["academy_id"]))
