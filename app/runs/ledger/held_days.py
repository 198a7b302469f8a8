"""Held days: before a full scan is repeated, a cheap query counts the activity of the day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import AppError
from app.runs import store
from app.runs.contract import BaseReport, Volume
from app.runs.ledger import ledger
from app.runs.ledger.quality_gate import (
    DayState,
    GateDecision,
    LedgerDay,
    VolumePolicy,
    judge_volume,
)
from app.runs.models import ReportDay, VolumeQuestion

Held = Mapping[date, Mapping[int, ReportDay]]
"""The ledger's rows of held days, by day and academy."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Who looks at held days again: for which report, by which policy, and when."""

    report: BaseReport
    policy: VolumePolicy | None
    now: datetime

    @property
    def report_type(self) -> str:
        """The type of the report."""
        return self.report.report_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many subscribers an academy has on a day, and how many of them were active."""

    live: int
    active: int

    @classmethod
    def of(cls, volume: Volume, day: date, academy_id: int) -> Self:
        """Return an academy's counts; of one without subscribers both are 0."""
        return cls(
            live=volume.live[day].get(academy_id, 0),
            active=volume.active[day].get(academy_id, 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Days that are being counted; `held` has the ledger rows of the academies that hold them."""

    days: Sequence[date]
    held: Held


async def leave(session: AsyncSession, days: Sequence[date], looking: Looking) -> Left:
    """Mark held days as looked at, so that no other replica counts them in the meantime."""
    if not days:
        return Left(days=(), held={})
    held = await ledger.held(session, looking.report_type, days)
    await ledger.leave_held(session, looking.report_type, days, looking.now)
    return Left(days=days, held=held)


async def ask(left: Left, looking: Looking) -> Volume | Exception | None:
    """Ask the warehouse for the volume of the days; return the error if it gave none.

    None when no academy holds any of the days, or the report has no question for it.
    """
    if not left.held:
        return None
    bound = log.bind(report=looking.report_type, days=[day.isoformat() for day in left.held])
    academies = sorted({academy_id for rows in left.held.values() for academy_id in rows})
    labels = {"report": looking.report_type, "question": "volume"}
    try:
        return await looking.report.count_active(list(left.held), academies, labels)
    except AppError as error:
        bound.warning("held.unanswered", code=error.code, error=error.message)
        return error
    except Exception as error:  # noqa: BLE001 - what fails here would keep all other days waiting
        bound.warning("held.failed", exc_info=True)
        return error


async def released(
    session: AsyncSession,
    left: Left,
    answer: Volume | Exception | None,
    looking: Looking,
) -> Sequence[date]:
    """Return those of the days that a run would not hold again for every academy.

    While the warehouse does not answer, they stay held. When the question failed for an unforeseen
    reason, or the report has no such question, all of them are to be run.
    """
    by_nobody = [day for day in left.days if day not in left.held]
    match answer:
        case Volume():
            freed = await _freed(session, left.held, answer, looking)
            await _note(session, left.held, answer, freed, looking)
            return [*by_nobody, *freed]
        case AppError():
            return by_nobody
        case _:
            return left.days


async def _freed(
    session: AsyncSession, held: Held, volume: Volume, looking: Looking
) -> Sequence[date]:
    """Judge the days as a run would, oldest first: each on what becomes of those before it."""
    freed: list[date] = []
    foreseen: dict[int, list[LedgerDay]] = defaultdict(list)
    for day, rows in sorted(held.items()):
        before = await ledger.history(session, looking.report_type, day, sorted(rows))
        for academy_id, row in rows.items():
            counts = Counts.of(volume, day, academy_id)
            known = [*before.get(academy_id, ()), *foreseen[academy_id]]
            again = judge_again(row, counts, known, looking.policy)
            if again.state is DayState.PUBLISHED:
                freed.append(day)
            foreseen[academy_id].append(_entry(day, again, counts))
    return sorted(set(freed))


def judge_again(
    row: ReportDay, counts: Counts, known: Iterable[LedgerDay], policy: VolumePolicy | None
) -> GateDecision:
    """Judge a held day by its new counts; of the days before, the last scan's counts stand."""
    seen_before = (row.active_by_day or [])[1:]
    active_by_day = [counts.active, *seen_before]
    return judge_volume(
        row.report_date, active_by_day, list(known), live=counts.live, policy=policy
    )


def _entry(day: date, judgement: GateDecision, counts: Counts) -> LedgerDay:
    is_published = judgement.state is DayState.PUBLISHED
    return LedgerDay(
        report_date=day,
        state=judgement.state,
        verdict=judgement.verdict,
        active=counts.active,
        live=counts.live if is_published else None,
    )


async def _note(
    session: AsyncSession, held: Held, volume: Volume, freed: Sequence[date], looking: Looking
) -> None:
    question = VolumeQuestion(
        report_type=looking.report_type,
        asked_at=looking.now,
        days=list(held),
        released=list(freed),
        bytes_processed=volume.usage.bytes_processed,
        bytes_billed=volume.usage.bytes_billed,
    )
    session.add(question)
    await store.count_usage(session, looking.report_type, volume.usage)
    log.info(
        "held.asked",
        report=looking.report_type,
        days=[day.isoformat() for day in held],
        released=len(freed),
        bytes=volume.usage.bytes_processed,
    )
