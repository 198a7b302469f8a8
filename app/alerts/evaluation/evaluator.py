"""The step after publication: opens, follows and ends episodes, one academy's day at a time."""

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

from app.alerts.contract import AlertSource, Conditions, ConditionsRequest
from app.alerts.enums import AlertOrigin
from app.alerts.evaluation import store
from app.alerts.evaluation.diff import (
    changed,
    counts,
    taken_transitions,
    turned,
)
from app.alerts.evaluation.effects import Moment
from app.alerts.evaluation.episodes import evaluate_day, followed, restore
from app.alerts.evaluation.state_machine import DaySignal, EpisodeState
from app.alerts.evaluation.store import DueEvaluation
from app.alerts.models import AlertWatermark
from app.alerts.rules import store as rule_store
from app.kit.clock import Clock
from app.kit.concurrency.task_groups import together
from app.kit.days import day_of
from app.kit.db.engine import Database
from app.sources.directory import erasure

LIVE_DAYS = 3
"""A day that ended longer ago is filled in, not followed."""

EVALUATION_LANES = 2
"""So many academies are evaluated at once: while one is judged, another is written."""

ConditionsReader = Callable[[ConditionsRequest], Awaitable[Conditions]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What the evaluation of an academy's day did.

    `counts` is as in `AlertDayCount`; `transitions` says how often each one was taken.
    """

    academy_id: int
    day: date
    counts: Mapping[str, int]
    transitions: Mapping[tuple[DaySignal, EpisodeState], int]


async def evaluate(
    database: Database,
    report: AlertSource,
    academies: Sequence[int] | None,
    *,
    clock: Clock,
    zone: ZoneInfo,
) -> Sequence[Evaluated]:
    """Evaluate every published day that is due in the academies (None: all), oldest first.

    Each day is a transaction of its own; with nothing due it is one statement. An academy that
    cannot be evaluated keeps no other one waiting; its error is raised when all are through.
    """
    async with database.transaction() as session:
        days = await store.due(session, report.report_type, academies)
    waiting = iter(sorted({day.academy_id for day in days}))
    done: list[Evaluated] = []
    failures: list[Exception] = []
    one_by_one = Lock()

    async def academy(academy_id: int) -> None:
        while evaluated := await _evaluate_next(
            database, report, academy_id, clock, zone, judging=one_by_one
        ):
            done.append(evaluated)

    async def lane() -> None:
        for academy_id in waiting:
            try:
                await academy(academy_id)
            except Exception as error:  # noqa: BLE001 - the first one is raised at the end
                log.warning("alerts.failed", academy=academy_id, error=str(error))
                failures.append(error)

    await together(*(lane() for _ in range(EVALUATION_LANES)))
    if failures:
        raise failures[0]
    return sorted(done, key=lambda each: (each.academy_id, each.day))


async def _evaluate_next(
    database: Database,
    report: AlertSource,
    academy_id: int,
    clock: Clock,
    zone: ZoneInfo,
    *,
    judging: Lock,
) -> Evaluated | None:
    """Evaluate the academy's next day, if somebody else has not done so meanwhile.

    It is judged under a lock, so that the frames of one academy are in memory at a time.
    """
    kind = report.report_type
    async with database.transaction() as session:
        await erasure.keep_out(session)
        await store.lock(session, kind, academy_id)
        found = await store.due(session, kind, [academy_id], most=1)
        if not found:
            return None
        (due,), now = found, clock()
        moment = Moment(day=due.report_date, now=now, origin=_origin(due, now, zone))
        ask = partial(report.conditions, database)
        async with judging:
            judged = await _judge(session, database, report, due, moment, ask)
        did = counts(judged, due.report_date)
        await store.write_episodes(session, kind, due, changed(judged), now)
        await store.advance(session, kind, due, did, now)
    log.info(
        "alerts.evaluated",
        report=kind,
        academy=academy_id,
        day=due.report_date.isoformat(),
        again=due.is_again,
        opened=did["opened"],
        closed=did["closed"],
    )
    taken = taken_transitions(judged)
    return Evaluated(academy_id=academy_id, day=due.report_date, counts=did, transitions=taken)


async def foresee(
    session: AsyncSession,
    database: Database,
    report: AlertSource,
    would_be: DueEvaluation,
    ask: ConditionsReader,
    *,
    now: datetime,
) -> Mapping[str, Mapping[str, int]]:
    """Count by alert type what `opened` and `closed` if the day were published as `ask` has it.

    Nothing is written. Nothing changes when the academy's alerts follow a newer day already.
    Raises `SourceDown`.
    """
    key = (report.report_type, would_be.academy_id)
    mark = await session.get(AlertWatermark, key)
    if mark is not None and mark.report_date > would_be.report_date:
        return {"opened": {}, "closed": {}}
    moment = Moment(day=would_be.report_date, now=now, origin=AlertOrigin.LIVE)
    return turned(await _judge(session, database, report, would_be, moment, ask))


async def _judge(
    session: AsyncSession,
    database: Database,
    report: AlertSource,
    due: DueEvaluation,
    moment: Moment,
    ask: ConditionsReader,
) -> pl.DataFrame:
    """Return `JUDGED` of an academy's day."""
    rules = await rule_store.effective(session, report, due.academy_id)
    loaded = await store.episodes(database, report.report_type, due.academy_id, due.report_date)
    episodes = await asyncio.to_thread(restore, loaded, due.report_date)
    asked = ConditionsRequest(
        day=due.report_date,
        academy_id=due.academy_id,
        is_reliable=due.is_reliable,
        rules=rules,
        followed=followed(episodes),
    )
    conditions = await ask(asked)
    return await asyncio.to_thread(evaluate_day, episodes, conditions, rules, moment)


def _origin(due: DueEvaluation, now: datetime, zone: ZoneInfo) -> AlertOrigin:
    if due.first_date is None or due.first_date == due.report_date:
        return AlertOrigin.INITIAL
    is_live = (day_of(now, zone) - due.report_date).days <= LIVE_DAYS
    return AlertOrigin.LIVE if is_live else AlertOrigin.BACKFILL
