"""How a person is erased from the rows of reports."""

from collections.abc import Mapping

from sqlalchemy import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from app.runs.ledger import ledger
from app.runs.ledger.tables import ACADEMY_COLUMN, DAY_COLUMN, PERSON_COLUMN
from app.runs.registry import reports


async def erase_report_rows(session: AsyncSession, user_id: int) -> Mapping[str, int]:
    """Delete a learner's rows in every table of a report that has rows of learners.

    A day that lost a row gets a new revision, so that nobody is shown a cached list with it.
    """
    return {
        each.name: await _erase_rows(session, report_type, each.table, user_id)
        for report_type, report in reports().items()
        for each in report.tables
        if each.has_people
    }


async def _erase_rows(session: AsyncSession, report_type: str, table: Table, user_id: int) -> int:
    columns = table.columns
    statement = table.delete().where(columns[PERSON_COLUMN] == user_id)
    gone = await session.exec(statement.returning(columns[DAY_COLUMN], columns[ACADEMY_COLUMN]))
    days = [(day, academy_id) for day, academy_id in gone]
    await ledger.renew(session, report_type, days)
    return len(days)
