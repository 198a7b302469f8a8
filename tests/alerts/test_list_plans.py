"""The list of open alerts is read in the order of an index, however many are resolved."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.enums import AlertStatus
from app.alerts.queries import listing
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.watermarks import LIST_VERSION_SQL
from app.kit.db.engine import Database
from tests.support.churn_alerts import critical_learner, publish_and_evaluate
from tests.support.http_client import NOW

OPENED_AND_CLOSED = text(
    """
    INSERT INTO alerts (report_type, academy_id, user_id, alert_type, severity, status, origin,
        triggered_at, triggered_on, opened_on, last_seen_on, known_on, occurrences, clear_days,
        result, metrics_snapshot, rule_version, version, prior_of,
        resolution, resolved_at, resolved_on)
    SELECT report_type, 1 + n / 10 % 2, 1000 + n, alert_type, severity,
        CASE WHEN n % 10 = 0 THEN 'OPEN' ELSE 'RESOLVED' END, origin,
        triggered_at - n * INTERVAL '1 minute', triggered_on, opened_on, last_seen_on, known_on,
        occurrences, clear_days, result, metrics_snapshot, rule_version, version,
        prior_of, CASE WHEN n % 10 <> 0 THEN 'AUTO' END,
        CASE WHEN n % 10 <> 0 THEN triggered_at END,
        CASE WHEN n % 10 <> 0 THEN triggered_on END
    FROM alerts CROSS JOIN generate_series(1, 40000) AS n
    WHERE user_id = 1
    """
)


async def plan_of(connection: AsyncConnection, alerts: AlertFilter) -> str:
    """Explain a page of the list."""
    statement = listing.stream_statement_of(alerts, now=NOW, is_grouped=False, output="item.id")
    found = await connection.execute(
        text(f"EXPLAIN {statement.sql}"), {**statement.params, "limit": 50}
    )
    return "\n".join(row[0] for row in found)


@pytest.mark.parametrize(
    ("academies", "statuses"),
    [([1], None), ([1], [AlertStatus.OPEN]), (None, None), ([1, 2], None)],
)
async def test_a_page_is_read_from_an_index_without_a_sort(
    database: Database,
    academies: Sequence[int] | None,
    statuses: Sequence[AlertStatus] | None,
) -> None:
    await publish_and_evaluate(database, critical_learner(1), critical_learner(2, academy_id=2))
    async with database.engine.begin() as connection:
        await connection.execute(OPENED_AND_CLOSED)
        await connection.execute(text("ANALYZE alerts"))

        alerts = AlertFilter(report_types=["churn"], academies=academies, statuses=statuses)
        plan = await plan_of(connection, alerts)
        found = await listing.list_page(connection, alerts, now=NOW + timedelta(days=1), limit=50)

    assert "Index Scan using ix_alerts_open_" in plan
    ranked = [(one.position.rank, one.position.triggered_at, one.position.id) for one in found]
    assert (len(found), ranked) == (50, sorted(ranked, reverse=True))


async def test_the_list_version_is_read_without_a_scan_of_the_alerts(
    database: Database,
) -> None:
    await publish_and_evaluate(database, critical_learner(1))
    async with database.engine.begin() as connection:
        await connection.execute(OPENED_AND_CLOSED)
        await connection.execute(text("ANALYZE alerts"))

        params = {"report_types": ["churn"], "academies": [1], "now": NOW}
        found = await connection.execute(text(f"EXPLAIN {LIST_VERSION_SQL}"), params)
        plan = "\n".join(row[0] for row in found)

    assert "ix_alerts_snoozed_until" in plan
    assert "Seq Scan on alerts" not in plan
