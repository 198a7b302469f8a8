"""Reading alerts for people: lists, severest first, and one with all that is known of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.enums import Severity
from app.alerts.queries.filters import AlertFilter
from app.alerts.registry import alerting_reports, alerts_of
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.sql import load_sql

CHOSEN_SQL = load_sql(__package__, "filtered")
ALERT_PAGE_SQL = CHOSEN_SQL + load_sql(__package__, "page")
VERSIONS_SQL = load_sql(__package__, "list_version")
OF_REPORT_SQL = "SELECT * FROM ({of}) AS of_report WHERE p.report_type = '{type}'"
EACH_EPISODE_SQL = "SELECT chosen.*, 1 AS place, 1 AS alerts FROM chosen"
LEARNERS_SQL = load_sql(__package__, "group_by_user")
AFTER = "(rank, triggered_at, id) < (CAST(:after_rank AS integer),\
 CAST(:after_at AS timestamptz), CAST(:after_id AS bigint))"
SEVERITIES_SQL = CHOSEN_SQL + load_sql(__package__, "severities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a list an episode stands."""

    rank: int
    triggered_at: datetime
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An episode in a list, with its learner and how they are now.

    `alerts` counts those of the learner in a list by learner, else it is 1.
    """

    row: RowMapping
    place: Place
    alerts: int
    reason: str
    metrics: Mapping[str, object]
    score: float | None
    level: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many episodes there are and of how many learners, by severity too."""

    alerts: int
    learners: int
    by_severity: Mapping[Severity, tuple[int, int]]


async def page(
    connection: AsyncConnection,
    wanted: AlertFilter,
    *,
    now: datetime,
    most: int,
    after: Place | None = None,
    is_grouped: bool = False,
) -> Sequence[Listed]:
    """List at most `most` episodes after a place, severest first, then newest."""
    params = wanted.params(now) | {"most": most}
    if after is not None:
        place = {"after_rank": after.rank, "after_at": after.triggered_at, "after_id": after.id}
        params |= place
    output = "item.*, p.rank, p.newest_on"
    sql = _list_sql(wanted, output, is_grouped=is_grouped, goes_on=after is not None)
    rows = (await connection.execute(text(sql), params)).mappings().all()
    return [_listed(row) for row in rows]


def stream_statement_of(
    wanted: AlertFilter, *, now: datetime, is_grouped: bool, output: str
) -> Statement:
    """Write the statement that selects `output` of each `item` of a list, in its order."""
    sql = _list_sql(wanted, output, is_grouped=is_grouped, goes_on=False)
    return Statement(sql=sql, params=wanted.params(now) | {"most": None})


def _list_sql(wanted: AlertFilter, output: str, *, is_grouped: bool, goes_on: bool) -> str:
    return page_sql().format(
        output=output,
        conditions=wanted.conditions,
        placed=LEARNERS_SQL if is_grouped else EACH_EPISODE_SQL,
        of_page=" AND ".join(["place = 1", *([AFTER] if goes_on else [])]),
    )


@cache
def page_sql() -> str:
    """Write what lists episodes of every report, but for `{output}` and what is asked for."""
    reports = alerting_reports().values()
    reasons = [f"WHEN '{report.report_type}' THEN ({report.words_sql})" for report in reports]
    scores = [
        OF_REPORT_SQL.format(of=report.score_sql, type=report.report_type) for report in reports
    ]
    kept = {name: f"{{{name}}}" for name in ("output", "conditions", "placed", "of_page")}
    return ALERT_PAGE_SQL.format(**kept, score=" UNION ALL ".join(scores), reason=" ".join(reasons))


async def versions(rows: Rows, wanted: AlertFilter, *, now: datetime) -> tuple[object, ...]:
    """Return what changes whenever the list might; it reads no alert that is not asleep."""
    params = {"report_types": wanted.report_types, "academies": wanted.academies, "now": now}
    (row,) = await rows(Statement(sql=VERSIONS_SQL, params=params))
    return tuple(row)


async def count_alerts(
    connection: AsyncConnection, wanted: AlertFilter, *, now: datetime
) -> Counted:
    """Count the episodes that are listed, and their learners."""
    sql = SEVERITIES_SQL.format(conditions=wanted.conditions)
    found = await connection.execute(text(sql), wanted.params(now))
    counts = {row.severity: (row.alerts, row.learners) for row in found}
    alerts, learners = counts[None]
    by_severity = {severity: counts.get(severity, (0, 0)) for severity in reversed(Severity)}
    return Counted(alerts=alerts, learners=learners, by_severity=by_severity)


async def scores(
    connection: AsyncConnection, report_type: str, asked: Sequence[RowMapping], *, back: int
) -> Sequence[RowMapping]:
    """List the scores of learners (academy_id, user_id, newest_on), that day's and before."""
    params = {
        "academy_ids": [row["academy_id"] for row in asked],
        "user_ids": [row["user_id"] for row in asked],
        "days": [row["newest_on"] for row in asked],
        "back": back,
    }
    found = await connection.execute(text(alerts_of(report_type).scores_sql), params)
    return found.mappings().all()


def _listed(row: RowMapping) -> Listed:
    snapshot = row["metrics_snapshot"]
    return Listed(
        row=row,
        place=Place(rank=row["rank"], triggered_at=row["triggered_at"], id=row["id"]),
        alerts=row["alerts"],
        reason=row["reason"],
        metrics=json.loads(snapshot) if isinstance(snapshot, str) else snapshot,
        score=row["current_score"],
        level=row["current_level"],
    )
