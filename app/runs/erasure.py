"""How a person is erased from the rows of reports."""

from collections.abc import Mapping

from sqlalchemy import Table, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from app.runs.ledger import ledger
from app.runs.registry import reports
from app.sources.database.migrations import all_tables

PERSON = "user_id"


async def erase_report_rows(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's rows of every report that has rows of learners.

    A day that lost a row gets a new revision, so that nobody is shown a cached list with it.
    """
    tables = all_tables().tables
    deleted = {}
    for report_type, report in reports().items():
        table = tables[report.table]
        if PERSON in table.columns:
            deleted[table.name] = await _erase_rows(session, report_type, table, user_id)
    return deleted


async def _erase_rows(session: AsyncSession, report_type: str, table: Table, user_id: int) -> int:
    columns = table.columns
    statement = delete(table).where(columns[PERSON] == user_id)
    gone = await session.exec(statement.returning(columns["report_date"], columns["academy_id"]))
    days = [(day, academy_id) for day, academy_id in gone]
    await ledger.renew(session, report_type, days)
    return len(days)
