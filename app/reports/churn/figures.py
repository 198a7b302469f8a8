"""What dashboards sum, and whose score moved: as the database writes it."""

from pathlib import Path

from app.alerts.counted import evaluated
from app.kit.errors import Conflict
from app.kit.json_sql import object_of
from app.kit.reader import Rows
from app.kit.statements import Statement
from app.reports.churn.asked import Direction, FigureGrouping, MoversQuery
from app.reports.churn.days import Days
from app.reports.churn.filters import literal
from app.reports.churn.queries import COLUMNS_SQL, NO_DETAILS, PageRead, joins
from app.reports.churn.schemas import Mover, Summary, Sums, TrendPoint

HERE = Path(__file__).parent
SUMS_SQL = (HERE / "sums.sql").read_text("utf-8")
MRR_SQL = (HERE / "mrr.sql").read_text("utf-8")
MOVERS_SQL = (HERE / "movers.sql").read_text("utf-8")
MOVED = {
    Direction.UP: "score >= score_before + :change",
    Direction.DOWN: "score_before >= score + :change",
    Direction.BOTH: "abs(score - score_before) >= :change",
}
NEVER_ZERO = 0.01
"""A score that did not change has not moved, whatever is asked for."""


async def read_summary(rows: Rows, days: Days, group: FigureGrouping | None) -> PageRead:
    """Sum the days: together, or each academy's by itself; with the MRR."""
    sql = _sums(days, group, Summary, day="CAST(NULL AS date)")
    return await _read(rows, sql, days.params | {"revisions": days.revisions})


async def read_trend(rows: Rows, days: Days, group: FigureGrouping | None) -> PageRead:
    """Sum each day: together, or each academy's by itself."""
    sql = _sums(days, group, TrendPoint, day="s.report_date")
    return await _read(rows, sql, days.params | {"revisions": days.revisions})


async def read_movers(rows: Rows, days: Days, query: MoversQuery, *, people: bool) -> PageRead:
    """Compare the days with those before them; raise `Conflict` if they were scored differently."""
    if days.scoring_changed_on is not None:
        raise Conflict(
            f"The score of {days.scoring_changed_on} is computed in another way than {query.days}"
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
        item=object_of(Mover, "risk", without=NO_DETAILS),
    )
    params = days.params | {
        "revisions": days.revisions,
        "earlier_revisions": days.earlier_revisions,
    }
    change = max(query.min_change, NEVER_ZERO)
    return await _read(rows, sql, params | {"change": change})


def _sums(days: Days, group: FigureGrouping | None, model: type[Sums], *, day: str) -> str:
    with_mrr = "mrr_by_level" in model.model_fields
    return SUMS_SQL.format(
        first=literal(days.first),
        last=literal(days.last),
        evaluated=evaluated("churn"),
        day=day,
        academy="CAST(NULL AS bigint)" if group is None else "s.academy_id",
        mrr=MRR_SQL if with_mrr else "",
        columns="worth.mrr_by_level," if with_mrr else "",
        item=object_of(model, "item"),
    )


async def _read(rows: Rows, sql: str, params: dict[str, object]) -> PageRead:
    (row,) = await rows(Statement(sql=sql, params=params))
    return PageRead(unchanged=row["unchanged"], items=row["items"] or "", position=None, total=None)
