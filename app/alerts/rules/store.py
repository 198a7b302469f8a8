"""The rules of each academy: read as they count, and changed by a new version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.contract import AlertSource
from app.alerts.models import AlertRule
from app.alerts.rules.rule import Rule
from app.kit.errors import Fault, Invalid


async def effective(
    session: AsyncSession, report: AlertSource, academy_id: int | None
) -> Mapping[str, Rule]:
    """Map each alert type to the academy's own rule, else that of all, else the code's."""
    every = await _newest(session, report.report_type, None)
    own = await _newest(session, report.report_type, academy_id) if academy_id is not None else {}
    return {
        kind: own.get(kind) or every.get(kind) or default for kind, default in report.rules.items()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rules that an academy (None: every one) wants; None withdraws its own rule of a type."""

    academy_id: int | None
    rules: Mapping[str, Rule | None]
    changed_by: str
    now: datetime


async def change(session: AsyncSession, report: AlertSource, wanted: Change) -> None:
    """Write a new version of each rule that differs from what the academy itself has.

    Raises `Invalid` for a type that there is not, or a threshold where none is needed.
    """
    _check(report, wanted)
    own = await _newest(session, report.report_type, wanted.academy_id)
    for kind, rule in sorted(wanted.rules.items()):
        before = own.get(kind)
        if rule is None and before is not None:
            session.add(_version(report, wanted, kind, before, withdrawn=True))
        elif rule is not None and (
            before is None or replace(rule, version=before.version) != before
        ):
            session.add(_version(report, wanted, kind, rule, withdrawn=False))
    await session.flush()


def _check(report: AlertSource, wanted: Change) -> None:
    faults, root = [], f"/reports/{report.report_type}"
    for kind, rule in wanted.rules.items():
        default = report.rules.get(kind)
        if default is None:
            known = ", ".join(report.rules)
            faults.append(Fault(pointer=f"{root}/{kind}", message=f"unknown; there is: {known}"))
        elif rule is not None and (rule.threshold is None) != (default.threshold is None):
            needs = "needs a" if rule.threshold is None else "has no"
            faults.append(Fault(pointer=f"{root}/{kind}/threshold", message=f"{needs} threshold"))
    if faults:
        raise Invalid("The rules cannot be used.", code="invalid_rules", faults=faults)


def _version(
    report: AlertSource, wanted: Change, kind: str, rule: Rule, *, withdrawn: bool
) -> AlertRule:
    return AlertRule(
        report_type=report.report_type,
        academy_id=wanted.academy_id,
        alert_type=kind,
        enabled=rule.enabled,
        threshold=rule.threshold,
        needs_level=rule.needs_level,
        clear_days=rule.clear_days,
        quiet_days=rule.quiet_days,
        withdrawn=withdrawn,
        changed_by=wanted.changed_by,
        changed_at=wanted.now,
    )
