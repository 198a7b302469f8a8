"""What dashboards sum, and whose score moved: as the database writes it."""

from pathlib import Path

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.counted import evaluated
from app.kit.errors import Conflict
from app.reports.churn.asked import Direction, FigureGrouping, MoversQuery
from app.reports.churn.days import Days
from app.reports.churn.filters import literal
from app.reports.churn.queries import COLUMNS_SQL, PageRead, joins

HERE = Path(__file__).parent
SUMS_SQL = (HERE / "sums.sql").read_text("utf-8")
MRR_SQL = (HERE / "mrr.sql").read_text("utf-8")
MOVERS_SQL = (HERE / "movers.sql").read_text("utf-8")
MOVED = {
    Direction.UP: "r.churn_risk_score >= b.churn_risk_score + :change",
    Direction.DOWN: "b.churn_risk_score >= r.churn_risk_score + :change",
    Direction.BOTH: "abs(r.churn_risk_score - b.churn_risk_score) >= :change",
}
NEVER_ZERO = 0.01
"""A score that did not change has not moved, whatever is asked for."""


async def read_summary(
    connection: AsyncConnection, days: Days, group: FigureGrouping | None
) -> PageRead:
    """Sum the days: together, or each academy's by itself; with the MRR."""
    sql = _sums(days, group, day="CAST(NULL AS date)", mrr=MRR_SQL, columns="worth.mrr_by_level,")
    return await _read(connection, sql, days.params | {"revisions": days.revisions})


async def read_trend(
    connection: AsyncConnection, days: Days, group: FigureGrouping | None
) -> PageRead:
    """Sum each day: together, or each academy's by itself."""
    sql = _sums(days, group, day="s.report_date", mrr="", columns="sums.day AS report_date,")
    return await _read(connection, sql, days.params | {"revisions": days.revisions})


async def read_movers(
    connection: AsyncConnection, days: Days, query: MoversQuery, *, people: bool
) -> PageRead:
    """Compare the days with those before them; raise `Conflict` if they were scored differently."""
    compared = Days(each=[day for day in days.each if day.earlier_revision is not None])
    for day in compared.each:
        if day.scoring_version != day.earlier_scoring_version:
            raise Conflict(
                f"The score of {day.report_date} is computed in another way than {query.days}"
                " days before: the two cannot be compared.",
                code="scoring_changed",
            )
    sql = MOVERS_SQL.format(
        first=literal(days.first),
        last=literal(days.last),
        back=query.days,
        limit=query.limit,
        moved=MOVED[query.direction],
        joins=joins(days, people=people),
        columns=COLUMNS_SQL,
    )
    earlier = [day.earlier_revision for day in compared.each]
    params = compared.params | {"revisions": compared.revisions, "earlier_revisions": earlier}
    change = max(query.min_change, NEVER_ZERO)
    return await _read(connection, sql, params | {"change": change})


def _sums(days: Days, group: FigureGrouping | None, *, day: str, mrr: str, columns: str) -> str:
    return SUMS_SQL.format(
        first=literal(days.first),
        last=literal(days.last),
        evaluated=evaluated("churn"),
        day=day,
        academy="CAST(NULL AS bigint)" if group is None else "s.academy_id",
        mrr=mrr,
        columns=columns,
    )


async def _read(connection: AsyncConnection, sql: str, params: dict[str, object]) -> PageRead:
    clause: TextClause = text(sql)
    row = (await connection.execute(clause, params)).one()
    return PageRead(unchanged=row.unchanged, items=row.items or "", position=None, total=None)
