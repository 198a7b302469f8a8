"""One day of a run: processed, and each academy's part of it published, held or previewed."""

import asyncio
from collections.abc import Sequence
from datetime import date
from time import perf_counter

from app.runs import claims, ledger
from app.runs.base import Fetched, Processed
from app.runs.claims import DayResult
from app.runs.gate import judge
from app.runs.job import Job
from app.runs.models import RunDayState
from app.runs.publish import Publication, publish, withdraw

HELD_EVERYWHERE = "Every academy's day is held."


async def run_day(job: Job, fetched: Fetched, day: date) -> DayResult:
    """Bring one day to its end and record it; return what became of it."""
    began = perf_counter()
    processed = await job.report.process_data(fetched, day)
    results = await (_preview(job, processed) if job.run.dry_run else _publish(job, processed))
    state = _state_of([result.state for result in results])
    result = DayResult(
        day=day,
        state=state,
        rows=sum(result.rows for result in results),
        seconds=round(perf_counter() - began, 3),
        error=HELD_EVERYWHERE if state is RunDayState.HELD else None,
    )
    await record(job, result)
    return result


async def fail_day(job: Job, day: date, error: str) -> DayResult:
    """Record that a day failed; what was published of it before stays."""
    result = DayResult(day=day, state=RunDayState.ERROR, error=error)
    await record(job, result)
    return result


async def record(job: Job, result: DayResult) -> None:
    """Write a day's end into the run and, for a run of every academy, into the ledger."""
    async with job.connection.transaction() as session:
        await claims.record_day(session, job.mine, result)
        if job.is_whole and not job.run.dry_run:
            await ledger.mark_day(session, job, result)
        await claims.check(session, job.mine)
    job.workshop.progress(result)


def _state_of(states: Sequence[RunDayState]) -> RunDayState:
    if RunDayState.COMPUTED in states:
        return RunDayState.COMPUTED
    if states and all(state is RunDayState.HELD for state in states):
        return RunDayState.HELD
    if states and all(state is RunDayState.UNCHANGED for state in states):
        return RunDayState.UNCHANGED
    return RunDayState.PUBLISHED


async def _publish(job: Job, processed: Processed) -> Sequence[DayResult]:
    report, run, day = job.report, job.run, processed.day
    async with job.connection.transaction() as session:
        before = await ledger.before(session, run.report_type, day, run.academies)
        known = await ledger.academies_on(session, run.report_type, day, run.academies)
    results = []
    for academy_id, active_by_day in sorted(processed.active_by_day.items()):
        judgement = judge(
            day,
            active_by_day,
            before.get(academy_id, ()),
            min_ratio=job.workshop.min_volume_ratio,
            force=run.force,
        )
        publication = Publication(
            prepared=await asyncio.to_thread(report.prepare, processed, academy_id, run.id),
            judgement=judgement,
            active_by_day=active_by_day,
            forced=run.force,
        )
        result = await publish(
            report, job.mine, publication, connection=job.connection, clock=job.workshop.clock
        )
        job.workshop.progress(result)
        results.append(result)
    for academy_id in sorted(set(known) - set(processed.active_by_day)):
        await withdraw(report, job.mine, day, academy_id, connection=job.connection)
    return results


async def _preview(job: Job, processed: Processed) -> Sequence[DayResult]:
    results = []
    for academy_id in sorted(processed.active_by_day):
        async with job.connection.transaction() as session:
            preview = await job.report.preview(session, processed, academy_id)
            result = DayResult(
                day=processed.day,
                academy_id=academy_id,
                state=RunDayState.COMPUTED,
                rows=processed.rows_of(academy_id).height,
                preview=preview,
            )
            await claims.record_day(session, job.mine, result)
        job.workshop.progress(result)
        results.append(result)
    return results
