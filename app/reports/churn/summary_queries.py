"""The queries of the summary, of the trend, and of the learners whose score changed most."""

from app.alerts.queries.watermarks import evaluated_until_sql, evaluations_sql
from app.kit.db.json_sql import object_of
from app.kit.db.read_pool import Rows
from app.kit.errors import Conflict
from app.kit.plurals import counted
from app.kit.sql import load_sql
from app.published.list_spec import PageRead
from app.published.snapshot import Snapshot, SnapshotSpec
from app.published.summary_spec import SummarySpec, read_items
from app.reports.churn.api.requests import Direction, MoversQuery
from app.reports.churn.api.responses import Mover, Summary, TrendPoint
from app.reports.churn.list_spec import RISKS

MOVERS_SQL = load_sql(__package__, "movers")
MOVED = {
    Direction.UP: "score >= score_before + :change",
    Direction.DOWN: "score_before >= score + :change",
    Direction.BOTH: "abs(score - score_before) >= :change",
}
NEVER_ZERO = 0.01
"""The smallest change that counts, even if the request allows a smaller one."""

CHURN_SUMMARY = SummarySpec(
    snapshot=SnapshotSpec(report_type="churn", versions_sql=evaluations_sql("churn")),
    items_sql=load_sql(__package__, "sums").replace("{evaluated}", evaluated_until_sql("churn")),
    summary=Summary,
    trend=TrendPoint,
    optional={"mrr_by_level": load_sql(__package__, "mrr")},
)
"""Levels, statuses, mean score and alerts of each day; of one day the MRR as well."""


def movers_snapshot(query: MoversQuery) -> SnapshotSpec:
    """Return the days that are compared."""
    return SnapshotSpec(report_type="churn", compared_days=query.days)


async def read_movers(
    rows: Rows, snapshot: Snapshot, query: MoversQuery, *, people: bool
) -> PageRead:
    """Compare the days with those before them; raise `Conflict` if they were scored differently."""
    if snapshot.scoring_changed_on is not None:
        raise Conflict(
            f"The score of {snapshot.scoring_changed_on} is computed in another way than"
            f" {counted(query.days, 'day')} before: the two cannot be compared.",
            code="scoring_changed",
        )
    sql = MOVERS_SQL.format(
        **snapshot.bounds_sql,
        back=query.days,
        limit=query.limit,
        moved=MOVED[query.direction],
        joins=RISKS.joins(snapshot, people=people),
        columns=RISKS.columns_sql,
        item=object_of(Mover, "risk", without=frozenset(RISKS.optional_columns)),
    )
    return await read_items(
        rows,
        sql,
        snapshot.params
        | {
            "revisions": snapshot.revisions,
            "earlier_revisions": snapshot.earlier_revisions,
            "change": max(query.min_change, NEVER_ZERO),
        },
    )
