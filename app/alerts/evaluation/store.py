"""The SQL statements of an evaluation."""

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
from app.alerts.evaluation.frames import EPISODE_COLUMNS, EPISODE_KEY, LOADED_COLUMNS
from app.alerts.models import AlertDayCount, AlertWatermark
from app.kit.db.copy import copy_in, encode, read_frame
from app.kit.db.engine import Database
from app.kit.db.locks import lock_transaction
from app.kit.sql import load_sql
from app.runs.hooks import Debt

DUE_EVALUATIONS_SQL = load_sql(__package__, "due")
EPISODES_SQL = load_sql(__package__, "episodes")
STAGE_SQL = load_sql(__package__, "stage")
DEBT_SQL = load_sql(__package__, "debt").format(due=DUE_EVALUATIONS_SQL)
WRITE_SQL = load_sql(__package__, "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEvaluation:
    """A published day of an academy that is to be evaluated, for the first time or again.

    `first_date` is the first day that was ever evaluated in the academy, `is_again` whether this
    day has been evaluated before.
    """

    academy_id: int
    report_date: date
    revision: int
    is_reliable: bool
    first_date: date | None
    is_again: bool

    @classmethod
    def of(cls, day: date, academy_id: int, *, is_reliable: bool) -> Self:
        """Return a day that is not published, for a preview of its evaluation."""
        return cls(
            academy_id=academy_id,
            report_date=day,
            revision=0,
            is_reliable=is_reliable,
            first_date=None,
            is_again=False,
        )


async def due_evaluations(
    session: AsyncSession,
    report_type: str,
    academies: Sequence[int] | None,
    *,
    limit: int | None = None,
) -> Sequence[DueEvaluation]:
    """List at most `limit` days to evaluate, by academy, oldest first."""
    connection = await session.connection()
    params = {
        "report_type": report_type,
        "academies": None if academies is None else list(academies),
        "limit": limit,
    }
    rows = await connection.execute(text(DUE_EVALUATIONS_SQL), params)
    return [DueEvaluation(**row) for row in rows.mappings()]


async def evaluation_debt(session: AsyncSession, report_type: str) -> Debt | None:
    """Count the days to evaluate; None when there are none."""
    connection = await session.connection()
    params = {"report_type": report_type, "academies": None, "limit": None}
    row = (await connection.execute(text(DEBT_SQL), params)).one()
    return Debt(report_type=report_type, days=row.days, since=row.since) if row.days else None


async def lock_academy(session: AsyncSession, report_type: str, academy_id: int) -> None:
    """Lock the academy until the end of the transaction against other evaluations and actions."""
    await lock_transaction(session, f"alerts/{report_type}/{academy_id}")
    marks = select(AlertWatermark).where(
        col(AlertWatermark.report_type) == report_type,
        col(AlertWatermark.academy_id) == academy_id,
    )
    await session.exec(marks.with_for_update())


async def load_episodes(
    database: Database, report_type: str, academy_id: int, day: date
) -> pl.DataFrame:
    """Return `LOADED_COLUMNS` of an academy that the caller has locked; raise `SourceDown`."""
    found = await read_frame(database, EPISODES_SQL, [report_type, academy_id, day])
    return found.select(pl.col(name).cast(dtype) for name, dtype in LOADED_COLUMNS.items())


async def write_episodes(
    session: AsyncSession,
    report_type: str,
    due: DueEvaluation,
    changes: pl.DataFrame,
    now: datetime,
) -> None:
    """Write the changed episodes, as `diff.changed_episodes` returns them, and their history."""
    if changes.is_empty():
        return
    for statement in STAGE_SQL.split(";\n"):
        await _run(session, statement, {})
    staged = changes.select("place", "id", *EPISODE_KEY, *EPISODE_COLUMNS)
    await copy_in(session, "alert_changes", encode(staged))
    await copy_in(session, "alert_changes_events", encode(diff.history_entries(changes)))
    params = {
        "report_type": report_type,
        "academy_id": due.academy_id,
        "day": due.report_date,
        "now": now,
    }
    for statement in WRITE_SQL.split(";\n"):
        await _run(session, statement, params)


async def _run(session: AsyncSession, statement: str, params: Mapping[str, object]) -> None:
    connection = await session.connection()
    await connection.execute(text(statement), params)


async def advance_watermark(
    session: AsyncSession,
    report_type: str,
    due: DueEvaluation,
    counts: Mapping[str, int],
    now: datetime,
) -> None:
    """Move the academy's watermark to the day and write the counts of the day."""
    key = {"report_type": report_type, "academy_id": due.academy_id}
    mark = {
        "report_date": due.report_date,
        "revision": due.revision,
        "evaluated_at": now,
    }
    new_mark = insert(AlertWatermark).values(**key, **mark, first_date=due.report_date, changes=1)
    await session.exec(
        new_mark.on_conflict_do_update(
            index_elements=list(key), set_={**mark, "changes": AlertWatermark.changes + 1}
        )
    )
    day_key = {**key, "report_date": due.report_date}
    new_counts = insert(AlertDayCount).values(**day_key, **counts)
    await session.exec(
        new_counts.on_conflict_do_update(index_elements=list(day_key), set_=dict(counts))
    )
