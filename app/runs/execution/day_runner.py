"""One day of a run: processed, and each academy's part of it published, held or previewed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

import structlog
from sqlmodel import and_, col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.concurrency.task_groups import together
from app.kit.db.engine import Connection
from app.kit.db.partitions import count_days
from app.kit.errors import AppError
from app.kit.failures import is_transient
from app.runs.contract import Fetched, Processed
from app.runs.execution import lease
from app.runs.execution.context import RunContext
from app.runs.execution.failures import text_of
from app.runs.execution.lease import DayResult, Lease, RunStopped, Superseded
from app.runs.ledger import ledger
from app.runs.ledger.publication import ErasedMeanwhile, Publication, publish
from app.runs.ledger.quality_gate import (
    GateDecision,
    LedgerDay,
    is_missed,
    judge_volume,
)
from app.runs.ledger.tables import prepare_day
from app.runs.models import EVERY_ACADEMY, RunDay, RunDayState

PUBLICATION_LANES = 2
"""So many academies are published at once, each in a transaction of its own that checks the claim.

A server needs one processor for a COPY; what holds the claim's own connection is the first lane.
"""
MOST_DAY_TRIES = 3
"""After so many tries that lost the connection, while the server answered, a day has failed."""
WRITTEN_STATES = {RunDayState.PUBLISHED, RunDayState.ERROR}
"""Day states after which rows may have been written: other academies may be published."""
HELD_EVERYWHERE = "Every academy's day is held."

log = structlog.get_logger()


class TryFailed(AppError):
    """The connection to the database was lost; the days that were not finished are tried again."""

    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedDay:
    """The rows of one day, and the ledger rows of each academy up to that day."""

    job: RunContext
    processed: Processed
    history: Mapping[int, Sequence[LedgerDay]]


async def run_day(job: RunContext, fetched: Fetched, day: date) -> DayResult:
    """Compute and publish one day, and record the result."""
    began = perf_counter()
    results = await _brought_to_its_end(job, fetched, day)
    state = _state_of([result.state for result in results])
    if state in WRITTEN_STATES and not job.run.dry_run:
        for table in job.report.monthly_tables():
            await count_days(job.workshop.sources.database, table, [day])
    result = DayResult(
        day=day,
        state=state,
        rows=sum(result.rows for result in results),
        seconds=round(perf_counter() - began, 3),
        error=HELD_EVERYWHERE if state is RunDayState.HELD else _failures(results),
    )
    await record(job, result, connection=job.connection)
    return result


async def _brought_to_its_end(job: RunContext, fetched: Fetched, day: date) -> Sequence[DayResult]:
    """Compute the day and publish it; start again if a person was erased in the meantime."""
    while True:
        processed = await job.report.process_data(fetched, day)
        try:
            return await _academies(await _with_history(job, processed))
        except ErasedMeanwhile:
            log.info("day.read_again", report=job.run.report_type, day=day.isoformat())


async def _with_history(job: RunContext, processed: Processed) -> ProcessedDay:
    """Add the ledger's history, and the academies that have lost all their subscribers."""
    day, run = processed.day, job.run
    async with job.connection.transaction() as session:
        history = await ledger.history(session, run.report_type, day, run.academies)
    policy = job.workshop.policy_of(type(job.report))
    known = {*processed.sizes(), *processed.failed}
    missed = [
        one for one, rows in history.items() if one not in known and is_missed(day, rows, policy)
    ]
    nobody_active = (0,) * (policy.mean_days + 1 if policy else 0)
    active_by_day = {**processed.active_by_day, **dict.fromkeys(missed, nobody_active)}
    return ProcessedDay(
        job=job, processed=replace(processed, active_by_day=active_by_day), history=history
    )


async def fail_day(job: RunContext, day: date, error: str) -> DayResult:
    """Record that a day failed; its earlier publication stays readable."""
    result = DayResult(day=day, state=RunDayState.ERROR, error=error)
    await record(job, result, connection=job.connection)
    return result


async def record(job: RunContext, result: DayResult, *, connection: Connection) -> None:
    """Write the result of a day, or of an academy's failed day, into the run and the ledger.

    In the ledger the whole day stands only for a run of every academy.
    """
    async with connection.transaction() as session:
        await lease.record_day(session, job.mine, result)
        if (job.is_whole or result.academy_id) and not job.run.dry_run:
            await ledger.mark(session, job, result)
        await lease.check_lease(session, job.mine)
    job.workshop.progress(result)


def _state_of(states: Sequence[RunDayState]) -> RunDayState:
    for one in (RunDayState.ERROR, RunDayState.COMPUTED):
        if one in states:
            return one
    for every in (RunDayState.HELD, RunDayState.UNCHANGED):
        if states and all(state is every for state in states):
            return every
    return RunDayState.PUBLISHED


def _failures(results: Sequence[DayResult]) -> str | None:
    """Name the first academy that failed, and say how many others did."""
    errors = [str(result.error) for result in results if result.state is RunDayState.ERROR]
    others = f" So did {len(errors) - 1} more of {len(results)}." if errors[1:] else ""
    return f"{errors[0]}{others}" if errors else None


async def _academies(of_day: ProcessedDay) -> Sequence[DayResult]:
    """Publish each academy, the largest first, on at most `PUBLICATION_LANES` connections."""
    job, processed = of_day.job, of_day.processed
    sizes = processed.sizes()
    waiting = iter(sorted(sizes, key=lambda one: (-sizes[one], one)))
    results: list[DayResult] = []
    late: list[ErasedMeanwhile] = []

    async def lane(connection: Connection) -> None:
        for academy_id in waiting:
            try:
                results.append(await _academy(of_day, academy_id, connection))
            except ErasedMeanwhile as error:
                late.append(error)
                return

    async def other_lane() -> None:
        async with job.workshop.sources.database.connection() as connection:
            await lane(connection)

    others = 0 if job.run.dry_run else min(PUBLICATION_LANES, len(sizes)) - 1
    await together(lane(job.connection), *(other_lane() for _ in range(others)))
    if late:
        raise late[0]
    for academy_id, failure in processed.failed.items():
        results.append(await _failed(job, processed.day, academy_id, failure, job.connection))
    return sorted(results, key=lambda result: result.academy_id)


async def _academy(of_day: ProcessedDay, academy_id: int, connection: Connection) -> DayResult:
    """Publish an academy's part of the day; its failure does not affect other academies.

    A lost connection is no failure of the academy: the whole day is to be tried again.
    """
    job = of_day.job
    try:
        ended = await _ended(of_day, academy_id, connection)
    except (RunStopped, Superseded, ErasedMeanwhile):
        raise
    except Exception as error:
        if is_transient(error):
            raise
        return await _failed(job, of_day.processed.day, academy_id, error, connection)
    job.workshop.progress(ended)
    return ended


async def _failed(
    job: RunContext, day: date, academy_id: int, error: Exception, connection: Connection
) -> DayResult:
    """Record an academy's failure; raises when the connection is lost, as all others will fail."""
    bound = log.bind(report=job.run.report_type, run=str(job.run.id), academy=academy_id)
    text = f"Academy {academy_id} failed: {text_of(error, bound.bind(day=day.isoformat()))}"
    result = DayResult(day=day, academy_id=academy_id, state=RunDayState.ERROR, error=text)
    await record(job, result, connection=connection)
    return result


async def _ended(of_day: ProcessedDay, academy_id: int, connection: Connection) -> DayResult:
    if of_day.job.run.dry_run:
        return await _preview(of_day, academy_id, connection)
    job, processed = of_day.job, of_day.processed
    prepared = await asyncio.to_thread(
        prepare_day,
        job.report.tables,
        processed.tables,
        academy_id,
        day=processed.day,
        run_id=job.run.id,
    )
    publication = Publication(
        prepared=prepared,
        judgement=_judged(of_day, academy_id, prepared.rows),
        active_by_day=processed.active_by_day.get(academy_id, ()),
        erased=processed.erased,
        forced=job.run.force,
    )
    return await publish(
        job.report, job.mine, publication, connection=connection, clock=job.workshop.clock
    )


def _judged(of_day: ProcessedDay, academy_id: int, live: int) -> GateDecision:
    return judge_volume(
        of_day.processed.day,
        of_day.processed.active_by_day.get(academy_id, ()),
        of_day.history.get(academy_id, ()),
        live=live,
        policy=of_day.job.workshop.policy_of(type(of_day.job.report)),
        force=of_day.job.run.force,
    )


async def _preview(of_day: ProcessedDay, academy_id: int, connection: Connection) -> DayResult:
    job, processed = of_day.job, of_day.processed
    live = processed.rows_of(academy_id).height
    judgement = _judged(of_day, academy_id, live)
    async with connection.transaction() as session:
        would_be = await job.report.preview(
            session, processed, academy_id, judgement=judgement, now=job.workshop.clock()
        )
        result = DayResult(
            day=processed.day,
            academy_id=academy_id,
            state=RunDayState.COMPUTED,
            rows=live,
            preview={"gate": judgement.reason} | would_be,
        )
        await lease.record_day(session, job.mine, result)
    return result


async def fail_days(job: RunContext, days: Sequence[date], error: Exception, reason: str) -> None:
    """Record that the days failed, or raise `TryFailed` if they are to be tried again.

    They are when the `error` says nothing of the days themselves, some times over. That is noted
    on a connection of its own, since the job's may be the one that was lost; while the server
    answers nobody, the note fails too and no try is counted.
    """
    async with job.workshop.sources.database.connection() as connection:
        if is_transient(error):
            async with connection.transaction() as session:
                tries = await _count(session, job.mine, days)
            if tries < MOST_DAY_TRIES:
                raise TryFailed(f"Tried in vain, {tries} of {MOST_DAY_TRIES}: {error}") from error
        for day in days:
            await fail_day(replace(job, connection=connection), day, reason)


async def _count(session: AsyncSession, mine: Lease, days: Sequence[date]) -> int:
    """Count a failed try for each of the days; return the highest count among them."""
    await lease.check_lease(session, mine)
    of_days = and_(
        col(RunDay.run_id) == mine.run_id,
        col(RunDay.academy_id) == EVERY_ACADEMY,
        col(RunDay.report_date).in_(days),
    )
    counted = update(RunDay).where(of_days).values(failed_tries=RunDay.failed_tries + 1)
    tries = await session.exec(counted.returning(col(RunDay.failed_tries)))
    return max(int(row[0]) for row in tries)
