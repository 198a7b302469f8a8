"""A day of the churn report as a person wants to see it first."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.reports.churn.models import ChurnDaySummary, ChurnRiskReport
from app.reports.churn.reason_text import in_words
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
