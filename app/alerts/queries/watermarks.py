"""How far alerts have been evaluated, for whoever reads them or caches what was read."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.models import AlertWatermark
from app.alerts.queries.filters import AlertFilter
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.sql import load_sql

EVALUATED_UNTIL_SQL = load_sql(__package__, "evaluated_until")
EVALUATIONS_SQL = load_sql(__package__, "evaluations")
LIST_VERSION_SQL = load_sql(__package__, "list_version")


def evaluated_until_sql(report_type: str) -> str:
    """Return a query of academy_id, last_day: the last evaluated day of each of `:academies`.

    A report puts it into its own statements that join `alert_day_counts`.
    """
    return EVALUATED_UNTIL_SQL.format(report_type=report_type)


def evaluations_sql(report_type: str) -> str:
    """Return a query of one value that changes whenever a day of `:academies` is evaluated."""
    return EVALUATIONS_SQL.format(report_type=report_type)


async def list_version(rows: Rows, alerts: AlertFilter, *, now: datetime) -> tuple[object, ...]:
    """Return values that change whenever the list of alerts might; reads only snoozed alerts."""
    params = {"report_types": alerts.report_types, "academies": alerts.academies, "now": now}
    (row,) = await rows(Statement(sql=LIST_VERSION_SQL, params=params))
    return tuple(row)


async def watermarks(session: AsyncSession, alerts: AlertFilter) -> Sequence[AlertWatermark]:
    """List the watermarks of the academies that a list of alerts is about, by academy."""
    marks = select(AlertWatermark).where(col(AlertWatermark.report_type).in_(alerts.report_types))
    if alerts.academies is not None:
        marks = marks.where(col(AlertWatermark.academy_id).in_(alerts.academies))
    return (await session.exec(marks.order_by(col(AlertWatermark.academy_id)))).all()
