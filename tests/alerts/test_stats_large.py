"""The stats of many alerts in tables that have not been analysed."""

from datetime import date, timedelta

from sqlalchemy import text

from app.alerts.enums import AlertOrigin
from app.alerts.outcomes.outcomes import StatsSelection, count_by_type
from app.alerts.registry import alert_source
from app.kit.db.engine import Database
from tests.alerts.academy_model import FIRST
from tests.support.scripted_alerts import UTC_ZONE

DAYS, EACH = 30, 100
"""On each of so many days, so many alerts open; every tenth learner leaves two days later."""
NOT_ANALYSED = (
    "ALTER TABLE alerts SET (autovacuum_enabled = off)",
    "ALTER TABLE subscription_history SET (autovacuum_enabled = off)",
    "ALTER TABLE report_days SET (autovacuum_enabled = off)",
)
LEDGER = """
    INSERT INTO report_days (
        report_type, report_date, academy_id, state, forced, revision, run_id, rows, updated_at)
    SELECT 'churn', CAST(:first AS date) + day, 1, 'PUBLISHED', false, day + 1,
        gen_random_uuid(), 3000, now()
    FROM generate_series(0, :days - 1) AS day
"""
ALERTS = """
    INSERT INTO alerts (
        report_type, academy_id, user_id, alert_type, severity, status, origin, triggered_at,
        triggered_on, opened_on, last_seen_on, known_on, occurrences, clear_days, result,
        metrics_snapshot, rule_version, version, prior_of)
    SELECT 'churn', 1, day * :each + n, 'INACTIVITY', 'HIGH', 'OPEN', 'LIVE', now(),
        on_day, on_day, on_day, on_day, 1, 0, 'PENDING', '{}', 0, 1, on_day
    FROM generate_series(0, :days - 1) AS day
    CROSS JOIN generate_series(1, :each) AS n
    CROSS JOIN LATERAL (SELECT CAST(:first AS date) + day AS on_day) AS opening
"""
LEAVERS = """
    INSERT INTO subscription_history (
        subscription_id, user_id, academy_id, status, started_at, cancelled_at, end_reason,
        end_reason_given, effective_from, observed_at)
    SELECT 's' || user_id, user_id, 1, 'CANCELLED', '2023-01-01', left_at, 'VOLUNTARY',
        false, left_at, left_at
    FROM alerts
    CROSS JOIN LATERAL (SELECT CAST(triggered_on + 2 AS timestamptz) AS left_at) AS leaving
    WHERE user_id % 10 = 0
"""


def left_after(day: date) -> int:
    """Count the learners who left in the 30 days after a day: ten for each of the days there."""
    leaving = {FIRST + timedelta(days=n + 2) for n in range(DAYS)}
    return sum(EACH // 10 for on in leaving if day < on <= day + timedelta(days=30))


async def test_the_stats_of_many_alerts_do_not_depend_on_planner_statistics(
    database: Database,
) -> None:
    """The planner joined the tables with nested loops where it took them for small."""
    values = {"first": FIRST, "days": DAYS, "each": EACH}
    async with database.transaction() as session:
        connection = await session.connection()
        for statement in (*NOT_ANALYSED, "SET LOCAL statement_timeout = '10s'"):
            await connection.execute(text(statement))
        for statement in (LEDGER, ALERTS, LEAVERS):
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), named)
        selection = StatsSelection(first=FIRST, last=FIRST + timedelta(days=DAYS))
        over = FIRST + timedelta(days=DAYS + 31)

        (found,) = await count_by_type(
            session, alert_source("churn"), selection, today=over, zone=UTC_ZONE
        )

    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    assert (found.origin, found.opened, found.judged) == (AlertOrigin.LIVE, 3000, 3000)
    assert found.churned == 300
    assert round(found.expected, 6) == round(sum(left_after(day) * EACH / 3000 for day in days), 6)
