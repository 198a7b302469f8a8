"""The rules of academies: read as they apply, and changed by adding a version."""

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


async def effective_rules(
    session: AsyncSession, source: AlertSource, academy_id: int | None
) -> Mapping[str, Rule]:
    """Map each alert type to the academy's own rule, else the shared one, else the default."""
    shared = await _newest(session, source.report_type, None)
    own = await _newest(session, source.report_type, academy_id) if academy_id is not None else {}
    return {
        kind: own.get(kind) or shared.get(kind) or default for kind, default in source.rules.items()
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
    return {row.alert_type: rule_of(row) for row in rows if not row.withdrawn}


def rule_of(row: AlertRule) -> Rule:
    """Return the rule of a version."""
    return Rule(
        enabled=row.enabled,
        threshold=row.threshold,
        needs_level=row.needs_level,
        clear_days=row.clear_days,
        quiet_days=row.quiet_days,
        version=row.version or 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """New rules of an academy, or of all (None); None as a rule withdraws the own one."""

    academy_id: int | None
    rules: Mapping[str, Rule | None]
    changed_by: str
    now: datetime


async def change_rules(session: AsyncSession, source: AlertSource, change: RuleChange) -> None:
    """Write a new version of each rule that differs from the academy's own.

    Raises `Invalid` for an unknown alert type, and for a threshold that is missing or not used.
    """
    _check(source, change)
    own = await _newest(session, source.report_type, change.academy_id)
    for kind, rule in sorted(change.rules.items()):
        before = own.get(kind)
        if rule is None and before is not None:
            session.add(_version(source, change, kind, before, withdrawn=True))
        elif rule is not None and (
            before is None or replace(rule, version=before.version) != before
        ):
            session.add(_version(source, change, kind, rule, withdrawn=False))
    await session.flush()


def _check(source: AlertSource, change: RuleChange) -> None:
    faults, root = [], f"/reports/{source.report_type}"
    for kind, rule in change.rules.items():
        default = source.rules.get(kind)
        if default is None:
            known = ", ".join(source.rules)
            faults.append(Fault(pointer=f"{root}/{kind}", message=f"unknown; there is: {known}"))
        elif rule is not None and (rule.threshold is None) != (default.threshold is None):
            needs = "needs a" if rule.threshold is None else "has no"
            faults.append(Fault(pointer=f"{root}/{kind}/threshold", message=f"{needs} threshold"))
    if faults:
        raise Invalid("The rules cannot be used.", code="invalid_rules", faults=faults)


def _version(
    source: AlertSource, change: RuleChange, kind: str, rule: Rule, *, withdrawn: bool
) -> AlertRule:
    return AlertRule(
        report_type=source.report_type,
        academy_id=change.academy_id,
        alert_type=kind,
        enabled=rule.enabled,
        threshold=rule.threshold,
        needs_level=rule.needs_level,
        clear_days=rule.clear_days,
        quiet_days=rule.quiet_days,
        withdrawn=withdrawn,
        changed_by=change.changed_by,
        changed_at=change.now,
    )
