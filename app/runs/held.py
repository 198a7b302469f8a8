"""Held days: before one is scanned again, the warehouse is asked for its volume alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import AppError
from app.runs import ledger, store
from app.runs.base import BaseReport, Volume
from app.runs.gate import DayState, Judgement, LedgerDay, judge
from app.runs.models import ReportDay, VolumeQuestion

Held = Mapping[date, Mapping[int, ReportDay]]
"""The ledger's rows of held days, by day and academy."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Who looks at held days again: for which report, when, and how little is low."""

    report: BaseReport
    min_ratio: float
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


async def released(session: AsyncSession, days: Sequence[date], looking: Looking) -> Sequence[date]:
    """Return those of the held `days` that a run would not hold again for every academy.

    All of `days` are then left alone for a while. While the warehouse does not answer, they stay
    held; when the question fails for a reason that nobody foresaw, a run shall say what is wrong.
    """
    held = await ledger.held(session, looking.report_type, days)
    by_nobody = [day for day in days if day not in held]
    if not held:
        return by_nobody
    bound = log.bind(report=looking.report_type, days=[day.isoformat() for day in held])
    try:
        volume = await _ask(looking, held)
    except AppError as error:
        bound.warning("held.unanswered", code=error.code, error=error.message)
        await ledger.leave_held(session, looking.report_type, list(held), looking.now)
        return by_nobody
    except Exception:  # noqa: BLE001 - what fails here would keep all other days waiting
        bound.warning("held.failed", exc_info=True)
        return days
    freed = await _freed(session, held, volume, looking)
    await _note(session, held, volume, freed, looking)
    bound.info("held.asked", released=len(freed), bytes=volume.usage.bytes_processed)
    return [*by_nobody, *freed]


async def _ask(looking: Looking, held: Held) -> Volume:
    academies = sorted({academy_id for rows in held.values() for academy_id in rows})
    labels = {"report": looking.report_type, "question": "volume"}
    return await looking.report.count_active(list(held), academies, labels)


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
            again = judge_again(row, counts, known, looking.min_ratio)
            if again.state is DayState.PUBLISHED:
                freed.append(day)
            foreseen[academy_id].append(_entry(day, again, counts))
    return sorted(set(freed))


def judge_again(
    row: ReportDay, counts: Counts, known: Iterable[LedgerDay], min_ratio: float
) -> Judgement:
    """Judge a held day by its new counts; of the days before, the last scan's counts stand."""
    seen_before = (row.active_by_day or [])[1:]
    active_by_day = [counts.active, *seen_before]
    return judge(row.report_date, active_by_day, list(known), live=counts.live, min_ratio=min_ratio)


def _entry(day: date, judgement: Judgement, counts: Counts) -> LedgerDay:
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
    await ledger.leave_held(session, looking.report_type, list(held), looking.now)
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
