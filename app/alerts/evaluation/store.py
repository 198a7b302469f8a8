"""Every statement of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import polars as pl
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.evaluation import diff
from app.alerts.evaluation.frames import EPISODE, KEY, LOADED
from app.alerts.models import AlertDayCount, AlertWatermark
from app.kit.db.copy import copy_in, encode, read_frame
from app.kit.db.engine import Database
from app.kit.sql import load_sql
from app.runs.hooks import Debt

DUE_EVALUATIONS_SQL = load_sql(__package__, "due")
EPISODES_SQL = load_sql(__package__, "episodes")
STAGE_SQL = load_sql(__package__, "stage")
OWED_SQL = load_sql(__package__, "owed").format(due=DUE_EVALUATIONS_SQL)
WRITE_SQL = load_sql(__package__, "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEvaluation:
    """An academy's published day that is to be evaluated, for the first time or again.

    `first_date` is the first day that was ever evaluated there.
    """

    academy_id: int
    report_date: date
    revision: int
    is_reliable: bool
    first_date: date | None
    is_again: bool

    @classmethod
    def of(cls, day: date, academy_id: int, *, is_reliable: bool) -> Self:
        """Return a day that is not published and only looked at."""
        return cls(
            academy_id=academy_id,
            report_date=day,
            revision=0,
            is_reliable=is_reliable,
            first_date=None,
            is_again=False,
        )


async def due(
    session: AsyncSession,
    report_type: str,
    academies: Sequence[int] | None,
    *,
    most: int | None = None,
) -> Sequence[DueEvaluation]:
    """List the days to evaluate, by academy, oldest first."""
    connection = await session.connection()
    params = {
        "report_type": report_type,
        "academies": None if academies is None else list(academies),
        "most": most,
    }
    rows = await connection.execute(text(DUE_EVALUATIONS_SQL), params)
    return [DueEvaluation(**row) for row in rows.mappings()]


async def owed(session: AsyncSession, report_type: str) -> Debt | None:
    """Count the days to evaluate; None when there is none."""
    connection = await session.connection()
    params = {"report_type": report_type, "academies": None, "most": None}
    row = (await connection.execute(text(OWED_SQL), params)).one()
    return Debt(report_type=report_type, days=row.days, since=row.since) if row.days else None


async def lock(session: AsyncSession, report_type: str, academy_id: int) -> None:
    """Let nobody else evaluate the academy, or act on its alerts, in this transaction."""
    connection = await session.connection()
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"alerts/{report_type}/{academy_id}"},
    )
    marks = select(AlertWatermark).where(
        col(AlertWatermark.report_type) == report_type,
        col(AlertWatermark.academy_id) == academy_id,
    )
    await session.exec(marks.with_for_update())


async def episodes(
    database: Database, report_type: str, academy_id: int, day: date
) -> pl.DataFrame:
    """Return `LOADED` of an academy whose `lock` the caller holds; raise `SourceDown`."""
    found = await read_frame(database, EPISODES_SQL, [report_type, academy_id, day])
    return found.select(pl.col(name).cast(dtype) for name, dtype in LOADED.items())


async def write_episodes(
    session: AsyncSession,
    report_type: str,
    due_day: DueEvaluation,
    changed: pl.DataFrame,
    now: datetime,
) -> None:
    """Write the `changed` episodes and their history."""
    if changed.is_empty():
        return
    for statement in STAGE_SQL.split(";\n"):
        await _run(session, statement, {})
    staged = changed.select("place", "id", *KEY, *EPISODE)
    await copy_in(session, "alert_changes", encode(staged))
    await copy_in(session, "alert_changes_events", encode(diff.events(changed)))
    params = {
        "report_type": report_type,
        "academy_id": due_day.academy_id,
        "day": due_day.report_date,
        "now": now,
    }
    for statement in WRITE_SQL.split(";\n"):
        await _run(session, statement, params)


async def _run(session: AsyncSession, statement: str, params: Mapping[str, object]) -> None:
    connection = await session.connection()
    await connection.execute(text(statement), params)


async def advance(
    session: AsyncSession,
    report_type: str,
    due_day: DueEvaluation,
    counts: Mapping[str, int],
    now: datetime,
) -> None:
    """Move the academy's watermark to the day and write what the day did."""
    key = {"report_type": report_type, "academy_id": due_day.academy_id}
    mark = {
        "report_date": due_day.report_date,
        "revision": due_day.revision,
        "evaluated_at": now,
    }
    marked = insert(AlertWatermark).values(**key, **mark, first_date=due_day.report_date, changes=1)
    await session.exec(
        marked.on_conflict_do_update(
            index_elements=list(key), set_={**mark, "changes": AlertWatermark.changes + 1}
        )
    )
    at = {**key, "report_date": due_day.report_date}
    counted = insert(AlertDayCount).values(**at, **counts)
    await session.exec(counted.on_conflict_do_update(index_elements=list(at), set_=dict(counts)))
