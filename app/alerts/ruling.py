"""The rules of each academy: read as they count, and changed by a new version."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.models import AlertRule
from app.alerts.reporting import AlertingReport
from app.alerts.rules import Rule


async def effective(
    session: AsyncSession, report: AlertingReport, academy_id: int | None
) -> Mapping[str, Rule]:
    """Map each alert type to the academy's own rule, else that of all, else the code's."""
    every = await _newest(session, report.report_type, None)
    own = await _newest(session, report.report_type, academy_id) if academy_id is not None else {}
    return {
        kind: own.get(kind) or every.get(kind) or default
        for kind, default in report.alert_rules.items()
    }


async def _newest(
    session: AsyncSession, report_type: str, academy_id: int | None
) -> Mapping[str, Rule]:
    newest = (
        select(func.max(AlertRule.version))
        .where(
            col(AlertRule.report_type) == report_type,
            col(AlertRule.academy_id).is_not_distinct_from(academy_id),
        )
        .group_by(col(AlertRule.alert_type))
    )
    rows = await session.exec(select(AlertRule).where(col(AlertRule.version).in_(newest)))
    return {row.alert_type: as_rule(row) for row in rows if not row.withdrawn}


def as_rule(row: AlertRule) -> Rule:
    """Return what a version says."""
    return Rule(
        enabled=row.enabled,
        threshold=row.threshold,
        needs_level=row.needs_level,
        clear_days=row.clear_days,
        quiet_days=row.quiet_days,
        version=row.version or 0,
    )
