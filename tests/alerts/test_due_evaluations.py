"""The query for due evaluations runs every few seconds, so it must read few pages."""

from sqlalchemy import text

from app.alerts.evaluation import store
from app.kit.db.engine import Database

HISTORY = text(
    """
    INSERT INTO report_days (report_type, report_date, academy_id, state, verdict, forced,
        revision, checked_revision, run_id, rows, published_at, updated_at)
    SELECT 'churn', DATE '2026-03-10' - n, academy_id, 'PUBLISHED', 'OK', FALSE,
        n + 1, n + 1, gen_random_uuid(), 1, now(), now()
    FROM generate_series(0, 999) AS n CROSS JOIN generate_series(0, 20) AS academy_id
    """
)
EVALUATED = text(
    """
    INSERT INTO alert_watermarks
    SELECT report_type, academy_id, report_date, report_date, revision, 1, now() FROM report_days
    WHERE academy_id > 0 AND revision = 1
    """
)
ACADEMIES, PAGES_OF_EACH = 20, 15


async def test_with_nothing_due_the_evaluated_days_are_not_read(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(HISTORY)
        await connection.execute(EVALUATED)
        await connection.execute(text("ANALYZE report_days, alert_watermarks"))
        params = {"report_type": "churn", "academies": None, "limit": None}
        explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {store.DEBT_SQL}")
        (found,) = (await connection.execute(explained, params)).scalar_one()

    async with database.transaction() as session:
        assert await store.evaluation_debt(session, "churn") is None
    assert (
        found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"]
        < ACADEMIES * PAGES_OF_EACH
    )
