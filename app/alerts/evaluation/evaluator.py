"""Evaluates published days: opens, follows and ends episodes, one academy and day at a time."""

import asyncio
from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.contract import AlertSource, Conditions, ConditionsRequest, check_subjects
from app.alerts.enums import AlertOrigin
from app.alerts.evaluation import store
from app.alerts.evaluation.diff import (
    changed_episodes,
    day_counts,
    preview_counts,
    transition_counts,
)
from app.alerts.evaluation.effects import EvaluationContext
from app.alerts.evaluation.episodes import evaluate_day, followed_episodes, restore_episodes
from app.alerts.evaluation.state_machine import DaySignal, EpisodeState
from app.alerts.evaluation.store import DueEvaluation
from app.alerts.models import AlertWatermark
from app.alerts.rules import store as rule_store
from app.kit.clock import Clock
from app.kit.concurrency.task_groups import together
from app.kit.days import day_of
from app.kit.db.engine import Database
from app.sources.directory import erasure

MAX_LIVE_AGE_DAYS = 3
"""An alert of a day that ended at most so many days ago is LIVE; of an older one, BACKFILL."""

MAX_CONCURRENT_ACADEMIES = 2
"""So many academies are evaluated at once: one is computed while another is written."""

ConditionsReader = Callable[[ConditionsRequest], Awaitable[Conditions]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEvaluation:
    """The result of evaluating a day of an academy.

    `counts` has the columns of `AlertDayCount`, `transitions` how often each cell of the transition
    table applied.
    """

    academy_id: int
    day: date
    counts: Mapping[str, int]
    transitions: Mapping[tuple[DaySignal, EpisodeState], int]


async def evaluate(
    database: Database,
    source: AlertSource,
    academies: Sequence[int] | None,
    *,
    clock: Clock,
    zone: ZoneInfo,
) -> Sequence[DayEvaluation]:
    """Evaluate every published day that is due in the academies (None: all), oldest first.

    Each day is a transaction of its own; with nothing due, one statement is all. When an academy
    fails, the others are evaluated all the same, and its error is raised at the end.
    """
    async with database.transaction() as session:
        days = await store.due_evaluations(session, source.report_type, academies)
    queue = iter(sorted({day.academy_id for day in days}))
    done: list[DayEvaluation] = []
    failures: list[Exception] = []
    compute_lock = Lock()

    async def evaluate_academy(academy_id: int) -> None:
        while evaluated := await _evaluate_next(
            database, source, academy_id, clock, zone, compute_lock=compute_lock
        ):
            done.append(evaluated)

    async def work_off_queue() -> None:
        for academy_id in queue:
            try:
                await evaluate_academy(academy_id)
            except Exception as error:  # noqa: BLE001 - the first one is raised at the end
                log.warning("alerts.failed", academy=academy_id, error=str(error))
                failures.append(error)

    await together(*(work_off_queue() for _ in range(MAX_CONCURRENT_ACADEMIES)))
    if failures:
        raise failures[0]
    return sorted(done, key=lambda each: (each.academy_id, each.day))


async def _evaluate_next(
    database: Database,
    source: AlertSource,
    academy_id: int,
    clock: Clock,
    zone: ZoneInfo,
    *,
    compute_lock: Lock,
) -> DayEvaluation | None:
    """Evaluate the oldest due day of the academy; None when another process has done so meanwhile.

    It is computed under `compute_lock`, so that only one academy's frames are in memory at a time.
    """
    report_type = source.report_type
    async with database.transaction() as session:
        await erasure.keep_out(session)
        await store.lock_academy(session, report_type, academy_id)
        found = await store.due_evaluations(session, report_type, [academy_id], limit=1)
        if not found:
            return None
        (due,), now = found, clock()
        context = EvaluationContext(day=due.report_date, now=now, origin=_origin(due, now, zone))
        read_conditions = partial(source.conditions, database)
        async with compute_lock:
            judged = await _judge(session, database, source, due, context, read_conditions)
        day_count = day_counts(judged, due.report_date)
        await store.write_episodes(session, report_type, due, changed_episodes(judged), now)
        await store.advance_watermark(session, report_type, due, day_count, now)
    log.info(
        "alerts.evaluated",
        report=report_type,
        academy=academy_id,
        day=due.report_date.isoformat(),
        again=due.is_again,
        opened=day_count["opened"],
        closed=day_count["closed"],
    )
    transitions = transition_counts(judged)
    return DayEvaluation(
        academy_id=academy_id, day=due.report_date, counts=day_count, transitions=transitions
    )


async def preview_day(
    session: AsyncSession,
    database: Database,
    source: AlertSource,
    planned_day: DueEvaluation,
    read_conditions: ConditionsReader,
    *,
    now: datetime,
) -> Mapping[str, Mapping[str, int]]:
    """Count by alert type what would be `opened` and `closed` if a day were published.

    `read_conditions` returns the conditions of the day. Nothing is written. All counts are empty
    when a newer day of the academy has been evaluated already. Raises `SourceDown`.
    """
    key = (source.report_type, planned_day.academy_id)
    mark = await session.get(AlertWatermark, key)
    if mark is not None and mark.report_date > planned_day.report_date:
        return {"opened": {}, "closed": {}}
    context = EvaluationContext(day=planned_day.report_date, now=now, origin=AlertOrigin.LIVE)
    return preview_counts(
        await _judge(session, database, source, planned_day, context, read_conditions)
    )


async def _judge(
    session: AsyncSession,
    database: Database,
    source: AlertSource,
    due: DueEvaluation,
    context: EvaluationContext,
    read_conditions: ConditionsReader,
) -> pl.DataFrame:
    """Return `JUDGED_COLUMNS` of an academy and day; raise `SourceDown`."""
    rules = await rule_store.effective_rules(session, source, due.academy_id)
    loaded = await store.load_episodes(
        database, source.report_type, due.academy_id, due.report_date
    )
    episodes = await asyncio.to_thread(restore_episodes, loaded, due.report_date)
    request = ConditionsRequest(
        day=due.report_date,
        academy_id=due.academy_id,
        is_reliable=due.is_reliable,
        rules=rules,
        followed=followed_episodes(episodes),
    )
    conditions = await read_conditions(request)
    check_subjects(source, conditions)
    return await asyncio.to_thread(evaluate_day, episodes, conditions, rules, context)


def _origin(due: DueEvaluation, now: datetime, zone: ZoneInfo) -> AlertOrigin:
    if due.first_date is None or due.first_date == due.report_date:
        return AlertOrigin.INITIAL
    is_live = (day_of(now, zone) - due.report_date).days <= MAX_LIVE_AGE_DAYS
    return AlertOrigin.LIVE if is_live else AlertOrigin.BACKFILL
