"""Reads alerts: pages and streams of a list, its totals, and the history of a subject's value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.enums import Severity
from app.alerts.queries.filters import AlertFilter
from app.alerts.registry import alert_source, alert_sources
from app.kit.db.named_params import Statement
from app.kit.sql import load_sql

FILTERED_SQL = load_sql(__package__, "filtered")
LIST_SQL = FILTERED_SQL + load_sql(__package__, "page")
SEVERITIES_SQL = FILTERED_SQL + load_sql(__package__, "severities")
GROUP_BY_USER_SQL = load_sql(__package__, "group_by_user")
NOT_GROUPED_SQL = "SELECT filtered.*, 1 AS position, 1 AS alerts FROM filtered"
VALUE_HISTORY_SQL = load_sql(__package__, "value_history")
VALUE_OF_REPORT_SQL = "SELECT * FROM ({value}) AS of_report WHERE p.report_type = '{report_type}'"
AFTER = "(rank, triggered_at, id) < (CAST(:after_rank AS integer),\
 CAST(:after_at AS timestamptz), CAST(:after_id AS bigint))"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPosition:
    """The sort key of an episode in a list: where the next page begins."""

    rank: int
    triggered_at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert:
    """An episode in a list, with its learner's name and the current value of its subject.

    `row` has the columns of the `item` of the query; `user_id` is None when the subject is the
    academy. `alerts` is how many episodes the learner has in a list grouped by learner, else 1.
    """

    row: RowMapping
    position: AlertPosition
    alerts: int
    reason: str
    metrics: Mapping[str, object]
    value: float | None
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTotals:
    """The number of episodes and of their learners, in all and by severity."""

    alerts: int
    learners: int
    by_severity: Mapping[Severity, tuple[int, int]]


async def list_page(
    connection: AsyncConnection,
    alerts: AlertFilter,
    *,
    now: datetime,
    limit: int,
    after: AlertPosition | None = None,
    is_grouped: bool = False,
) -> Sequence[ListedAlert]:
    """List at most `limit` episodes after a position, severest first, then newest."""
    params = alerts.params(now) | {"limit": limit}
    if after is not None:
        params |= {
            "after_rank": after.rank,
            "after_at": after.triggered_at,
            "after_id": after.id,
        }
    output = "item.*, p.rank"
    sql = _list_sql(alerts, output, is_grouped=is_grouped, is_continued=after is not None)
    rows = (await connection.execute(text(sql), params)).mappings().all()
    return [_listed(row) for row in rows]


def stream_statement_of(
    alerts: AlertFilter, *, now: datetime, is_grouped: bool, output: str
) -> Statement:
    """Return the statement that selects `output` of each `item` of a list, in its order."""
    sql = _list_sql(alerts, output, is_grouped=is_grouped, is_continued=False)
    return Statement(sql=sql, params=alerts.params(now) | {"limit": None})


def _list_sql(alerts: AlertFilter, output: str, *, is_grouped: bool, is_continued: bool) -> str:
    return list_sql().format(
        output=output,
        conditions=alerts.conditions,
        numbered=GROUP_BY_USER_SQL if is_grouped else NOT_GROUPED_SQL,
        page_condition=" AND ".join(["position = 1", *([AFTER] if is_continued else [])]),
    )


@cache
def list_sql() -> str:
    """Return the statement that lists episodes of every report, with the sources' queries in it.

    What depends on the request is left as format fields.
    """
    sources = alert_sources().values()
    reasons = [f"WHEN '{source.report_type}' THEN ({source.reason_sql})" for source in sources]
    values = [
        VALUE_OF_REPORT_SQL.format(value=source.current_value_sql, report_type=source.report_type)
        for source in sources
    ]
    fields = ("output", "conditions", "numbered", "page_condition")
    return LIST_SQL.format(
        **{name: f"{{{name}}}" for name in fields},
        current_value=" UNION ALL ".join(values),
        reason=" ".join(reasons),
    )


async def count_alerts(
    connection: AsyncConnection, alerts: AlertFilter, *, now: datetime
) -> AlertTotals:
    """Count the episodes of a list, and their learners."""
    sql = SEVERITIES_SQL.format(conditions=alerts.conditions)
    found = await connection.execute(text(sql), alerts.params(now))
    counts = {row.severity: (row.alerts, row.learners) for row in found}
    total, learners = counts[None]
    by_severity = {severity: counts.get(severity, (0, 0)) for severity in reversed(Severity)}
    return AlertTotals(alerts=total, learners=learners, by_severity=by_severity)


async def value_history(
    connection: AsyncConnection, report_type: str, alert_id: int, *, days: int
) -> Sequence[RowMapping]:
    """List report_date, score and level of an alert's subject on the last evaluated `days` days."""
    sql = VALUE_HISTORY_SQL.format(current_value=alert_source(report_type).current_value_sql)
    found = await connection.execute(text(sql), {"alert_id": alert_id, "back": days - 1})
    return found.mappings().all()


def _listed(row: RowMapping) -> ListedAlert:
    snapshot = row["metrics_snapshot"]
    return ListedAlert(
        row=row,
        position=AlertPosition(rank=row["rank"], triggered_at=row["triggered_at"], id=row["id"]),
        alerts=row["alerts"],
        reason=row["reason"],
        metrics=json.loads(snapshot) if isinstance(snapshot, str) else snapshot,
        value=row["current_score"],
        label=row["current_level"],
    )
