"""What a person at a terminal sees of the report: a published day, and what a dry run found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.reports.churn.models import ChurnDaySummary, ChurnRiskReport
from app.reports.churn.scoring import IDLE_CAP_DAYS, Signal
from app.runs.contract import Academies, TextTable
from app.sources.directory.models import Academy, User

RISKIEST = 10
LEVEL_COLUMNS = ("academy", "subscribers", "low", "medium", "high", "critical", "mean score")
RISK_COLUMNS = ("score", "level", "academy", "learner", "main reason")


async def console_tables(
    session: AsyncSession, day: date, academies: Academies
) -> Sequence[TextTable]:
    """Return the levels of each academy and the riskiest subscribers."""
    names = {
        academy.id: academy.name or academy.slug
        for academy in (await session.exec(select(Academy))).all()
    }
    return [
        await _levels(session, day, academies, names),
        await _riskiest(session, day, academies, names),
    ]


async def _levels(
    session: AsyncSession, day: date, academies: Academies, names: Mapping[int, str]
) -> TextTable:
    statement = select(ChurnDaySummary).where(col(ChurnDaySummary.report_date) == day)
    if academies is not None:
        statement = statement.where(col(ChurnDaySummary.academy_id).in_(academies))
    found = await session.exec(statement.order_by(col(ChurnDaySummary.academy_id)))
    rows = [
        (
            _name(summary.academy_id, names),
            *(f"{count:,}" for count in _counts(summary)),
            f"{summary.score_sum / max(summary.rows, 1):.2f}",
        )
        for summary in found
    ]
    return TextTable(
        title=f"Churn risk on {day}",
        columns=LEVEL_COLUMNS,
        rows=rows,
        numbers=frozenset(LEVEL_COLUMNS[1:]),
    )


def _counts(summary: ChurnDaySummary) -> Sequence[int]:
    return summary.rows, summary.low, summary.medium, summary.high, summary.critical


async def _riskiest(
    session: AsyncSession, day: date, academies: Academies, names: Mapping[int, str]
) -> TextTable:
    statement = (
        select(ChurnRiskReport, col(User.full_name))
        .join(User, and_(col(User.id) == col(ChurnRiskReport.user_id)), isouter=True)
        .where(col(ChurnRiskReport.report_date) == day)
        .order_by(col(ChurnRiskReport.churn_risk_score).desc(), col(ChurnRiskReport.user_id))
        .limit(RISKIEST)
    )
    if academies is not None:
        statement = statement.where(col(ChurnRiskReport.academy_id).in_(academies))
    rows = [
        (
            f"{row.churn_risk_score:.2f}",
            row.risk_level,
            _name(row.academy_id, names),
            full_name or f"user {row.user_id}",
            in_words(row),
        )
        for row, full_name in await session.exec(statement)
    ]
    return TextTable(
        title=f"The {len(rows)} riskiest",
        columns=RISK_COLUMNS,
        rows=rows,
        numbers=frozenset({"score"}),
    )


def _name(academy_id: int, names: Mapping[int, str]) -> str:
    return names.get(academy_id) or f"academy {academy_id}"


def compare(rows: pl.DataFrame, stored: Iterable[tuple[int, str]]) -> dict[str, object]:
    """Count the levels of `rows`, and the changes against the stored pairs of user and level.

    `changed` maps "HIGH to CRITICAL" to how many; those who come or go are not in it.
    """
    before = pl.DataFrame(
        list(stored), schema={"user_id": pl.Int64, "before": pl.String}, orient="row"
    )
    both = rows.select("user_id", "risk_level").join(before, on="user_id", how="inner")
    changed = both.filter(pl.col("risk_level") != pl.col("before")).group_by(
        pl.concat_str("before", "risk_level", separator=" to ")
    )
    return {
        "rows": rows.height,
        "levels": dict(sorted(rows.group_by("risk_level").len().iter_rows())),
        "stored_rows": before.height,
        "changed": dict(sorted(changed.len().iter_rows())),
    }


def in_words(row: ChurnRiskReport) -> str:
    """Say what the row's main reason means for this subscriber."""
    if row.main_reason is None:
        return "nothing of note"
    frustration = row.avg_frustration_score or 0
    said = {
        Signal.INACTIVITY: _inactivity(row.days_since_last_activity),
        Signal.ENGAGEMENT_DECAY: f"engagement fell {_percent(row.engagement_trend)}",
        Signal.FRUSTRATION: f"frustration at {frustration:.0f} of 100",
        Signal.LOGIN_DECAY: f"logins fell {_percent(row.login_trend)}",
        Signal.ASSIGNMENT_STALL: f"completed assignments fell {_percent(row.assignment_trend)}",
        Signal.PAYMENT_ISSUES: "a payment failed",
    }
    return said[Signal(row.main_reason)]


def _inactivity(days: int) -> str:
    more = " or more" if days >= IDLE_CAP_DAYS else ""
    return f"not seen for {days} day{'' if days == 1 else 's'}{more}"


def _percent(trend: float | None) -> str:
    return f"{-(trend or 0):.0f} %"
