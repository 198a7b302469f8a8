"""One day of a run: processed, and each academy's part of it published, held or previewed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from time import perf_counter

import structlog

from app.kit.db import Connection
from app.kit.together import together
from app.runs import claims, ledger
from app.runs.base import Fetched, Processed
from app.runs.claims import DayResult
from app.runs.gate import Judgement, LedgerDay, judge
from app.runs.job import Job
from app.runs.models import RunDayState
from app.runs.publish import ErasedMeanwhile, Publication, publish, withdraw

LANES = 2
"""So many academies are published at once, each in a transaction of its own that checks the claim.

A server needs one processor for a COPY; what holds the claim's own connection is the first lane.
"""
HELD_EVERYWHERE = "Every academy's day is held."

log = structlog.get_logger()


async def run_day(job: Job, fetched: Fetched, day: date) -> DayResult:
    """Bring one day to its end and record it; return what became of it."""
    began = perf_counter()
    results = await _brought_to_its_end(job, fetched, day)
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


async def _brought_to_its_end(job: Job, fetched: Fetched, day: date) -> Sequence[DayResult]:
    """Compute the day and publish it; anew from the reading if somebody was erased meanwhile."""
    while True:
        processed = await job.report.process_data(fetched, day)
        if job.run.dry_run:
            return await _preview(job, processed)
        try:
            return await _publish(job, processed)
        except ErasedMeanwhile:
            log.info("day.read_again", report=job.run.report_type, day=day.isoformat())


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
    """Publish the academies, the largest first, on as many connections as lanes are of use."""
    run, day = job.run, processed.day
    async with job.connection.transaction() as session:
        before = await ledger.before(session, run.report_type, day, run.academies)
        known = await ledger.academies_on(session, run.report_type, day, run.academies)
    waiting = iter(_largest_first(processed))
    results: dict[int, DayResult] = {}
    late: list[ErasedMeanwhile] = []

    async def lane(connection: Connection) -> None:
        for academy_id in waiting:
            publication = await _publication(job, processed, academy_id, before)
            try:
                result = await publish(
                    job.report,
                    job.mine,
                    publication,
                    connection=connection,
                    clock=job.workshop.clock,
                )
            except ErasedMeanwhile as error:
                late.append(error)
                return
            job.workshop.progress(result)
            results[academy_id] = result

    async def other_lane() -> None:
        async with job.workshop.sources.database.connection() as connection:
            await lane(connection)

    others = min(LANES, len(processed.active_by_day)) - 1
    await together(lane(job.connection), *(other_lane() for _ in range(others)))
    if late:
        raise late[0]
    for academy_id in sorted(set(known) - set(processed.active_by_day)):
        await withdraw(job.report, job.mine, day, academy_id, connection=job.connection)
    return [results[academy_id] for academy_id in sorted(results)]


def _largest_first(processed: Processed) -> Sequence[int]:
    sizes = dict(processed.rows.group_by("academy_id").len().iter_rows())
    return sorted(processed.active_by_day, key=lambda one: (-sizes.get(one, 0), one))


async def _publication(
    job: Job, processed: Processed, academy_id: int, before: Mapping[int, Sequence[LedgerDay]]
) -> Publication:
    active_by_day, run = processed.active_by_day[academy_id], job.run
    return Publication(
        prepared=await asyncio.to_thread(job.report.prepare, processed, academy_id, run.id),
        judgement=_judged(job, processed, academy_id, before),
        active_by_day=active_by_day,
        erased=processed.erased,
        forced=run.force,
    )


def _judged(
    job: Job, processed: Processed, academy_id: int, before: Mapping[int, Sequence[LedgerDay]]
) -> Judgement:
    return judge(
        processed.day,
        processed.active_by_day[academy_id],
        before.get(academy_id, ()),
        min_ratio=job.workshop.min_volume_ratio,
        force=job.run.force,
    )


async def _preview(job: Job, processed: Processed) -> Sequence[DayResult]:
    run, now = job.run, job.workshop.clock()
    async with job.connection.transaction() as session:
        before = await ledger.before(session, run.report_type, processed.day, run.academies)
    results = []
    for academy_id in sorted(processed.active_by_day):
        async with job.connection.transaction() as session:
            judgement = _judged(job, processed, academy_id, before)
            would_be = await job.report.preview(
                session, processed, academy_id, judgement=judgement, now=now
            )
            result = DayResult(
                day=processed.day,
                academy_id=academy_id,
                state=RunDayState.COMPUTED,
                rows=processed.rows_of(academy_id).height,
                preview={"gate": judgement.reason} | would_be,
            )
            await claims.record_day(session, job.mine, result)
        job.workshop.progress(result)
        results.append(result)
    return results
