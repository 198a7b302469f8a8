"""What alerts are told of a published day."""

from asyncio import to_thread
from pathlib import Path

from app.alerts.reporting import Asked, Conditions
from app.kit.bulk import read_frame
from app.kit.db import Database
from app.reports.churn.alert_rules import judge

ROWS_SQL = Path(__file__).with_name("alert_rows.sql").read_text("utf-8")


async def alert_conditions(database: Database, asked: Asked) -> Conditions:
    """Judge an academy's day by its stored rows alone; raise `SourceDown`."""
    rows = await read_frame(database, ROWS_SQL, [asked.day, asked.academy_id])
    return await to_thread(
        judge,
        rows,
        asked.followed,
        asked.rules,
        day=asked.day,
        is_reliable=asked.is_reliable,
    )
