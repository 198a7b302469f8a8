"""Publishes an academy's day: replaces its rows in one transaction, or holds it.

A day without rows is published too: the rows that were stored of it are removed.

The advisory lock of the day is taken first and the lease is checked last. So a worker that has
lost its lease rolls its rows back, and a heartbeat never waits for a long publication.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock
from app.kit.db.engine import Connection
from app.kit.errors import AppError
from app.runs.contract import BaseReport
from app.runs.execution import lease
from app.runs.execution.lease import DayResult, Lease
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import DayState, GateDecision, Verdict
from app.runs.ledger.tables import PreparedDay, remove_day
from app.runs.models import ReportDay, RunDayState
from app.sources.directory import erasure


class ErasedMeanwhile(AppError):
    """Somebody was erased since the day was read; nothing of it is published."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is to be published: an academy's prepared day and what the gate says of it.

    `erased` is how many people had been erased when the day was read; None if no person was read.
    """

    prepared: PreparedDay
    judgement: GateDecision
    active_by_day: Sequence[int]
    erased: int | None
    forced: bool


async def publish(
    report: BaseReport,
    mine: Lease,
    publication: Publication,
    *,
    connection: Connection,
    clock: Clock,
) -> DayResult:
    """Replace an academy's day, or hold it; a day whose rows did not change is not written.

    Raises `Superseded`, `Stopped` or `ErasedMeanwhile`, and then has changed nothing.
    """
    began = perf_counter()
    prepared = publication.prepared
    async with connection.transaction() as session:
        await ledger.lock_day(session, report.report_type, prepared.day, prepared.academy_id)
        await _check_nobody_was_erased(session, publication)
        before = await ledger.find_day(
            session, report.report_type, prepared.day, prepared.academy_id
        )
        state = await _write(session, report, mine, publication, before, clock())
        result = DayResult(
            day=prepared.day,
            academy_id=prepared.academy_id,
            state=state,
            rows=prepared.rows,
            seconds=round(perf_counter() - began, 3),
            error=publication.judgement.reason if state is RunDayState.HELD else None,
        )
        await lease.record_day(session, mine, result)
        await lease.check_lease(session, mine)
    return result


async def _check_nobody_was_erased(session: AsyncSession, publication: Publication) -> None:
    """Keep erasures out until the transaction ends; raise `ErasedMeanwhile` if there was one."""
    await erasure.keep_out(session)
    read_before = publication.erased
    if read_before is not None and await erasure.count_erased(session) != read_before:
        raise ErasedMeanwhile(f"Somebody was erased while {publication.prepared.day} was computed.")


async def _write(
    session: AsyncSession,
    report: BaseReport,
    mine: Lease,
    publication: Publication,
    before: ReportDay | None,
    now: datetime,
) -> RunDayState:
    prepared, judgement = publication.prepared, publication.judgement
    values: dict[str, object] = {
        "state": judgement.state,
        "verdict": judgement.verdict,
        "reason": None if judgement.verdict is Verdict.OK else judgement.reason,
        "forced": publication.forced,
        "active_by_day": list(publication.active_by_day) or None,
        "updated_at": now,
        "run_id": mine.run_id,
    }
    if judgement.state is DayState.HELD:
        await _write_ledger(session, report, prepared, values)
        return RunDayState.HELD
    if prepared.rows == 0 and judgement.verdict is Verdict.OK and not publication.forced:
        await remove_day(session, report.tables, prepared.day, prepared.academy_id)
        await ledger.remove(session, report.report_type, prepared.day, prepared.academy_id)
        return RunDayState.PUBLISHED
    content: dict[str, object] = {
        "rows": prepared.rows,
        "content_sha256": prepared.content_sha256,
        "scoring_version": report.version,
    }
    rows_changed = before is None or _differs(before, content)
    revision = await ledger.next_revision(session)
    if not rows_changed and before is not None and not _differs(before, _said(values)):
        if before.run_id == mine.run_id:
            return RunDayState.PUBLISHED  # by an attempt of this run that was killed afterwards
        before.checked_revision = revision
        return RunDayState.UNCHANGED
    if rows_changed:
        await report.save_reports(session, prepared)
    values |= content | {
        "revision": revision,
        "checked_revision": revision,
        "published_at": now,
    }
    await _write_ledger(session, report, prepared, values)
    return RunDayState.PUBLISHED


def _said(values: dict[str, object]) -> dict[str, object]:
    named = ("state", "verdict", "forced", "active_by_day")
    return {name: values[name] for name in named}


def _differs(before: ReportDay, values: dict[str, object]) -> bool:
    return any(getattr(before, name) != value for name, value in values.items())


async def _write_ledger(
    session: AsyncSession, report: BaseReport, prepared: PreparedDay, values: dict[str, object]
) -> None:
    await ledger.write_ledger_day(
        session, report.report_type, prepared.day, prepared.academy_id, values
    )
