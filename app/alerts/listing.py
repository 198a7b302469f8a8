"""Reading alerts for people: lists, severest first, and one with all that is known of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.kinds import AlertOrigin, Severity, Status
from app.alerts.registry import alerting_reports, alerts_of
from app.kit.streams import Statement

HERE = Path(__file__).parent
CHOSEN_SQL = (HERE / "chosen.sql").read_text("utf-8")
PAGE_SQL = CHOSEN_SQL + (HERE / "page.sql").read_text("utf-8")
VERSIONS_SQL = text((HERE / "versions.sql").read_text("utf-8"))
OF_REPORT_SQL = "SELECT * FROM ({of}) AS of_report WHERE p.report_type = '{type}'"
SEVERITIES_SQL = CHOSEN_SQL + (HERE / "severities.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which episodes a list is about; None narrows nothing, but by `statuses` to those awake.

    Learners have names only where it `may_name` them.
    """

    report_types: Sequence[str]
    academies: Sequence[int] | None = None
    statuses: Sequence[Status] | None = None
    severities: Sequence[Severity] | None = None
    types: Sequence[str] | None = None
    origins: Sequence[AlertOrigin] | None = None
    alert_id: int | None = None
    user_id: int | None = None
    assignee: str | None = None
    is_unassigned: bool = False
    triggered_from: date | None = None
    triggered_to: date | None = None
    may_name: bool = False


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
    wanted: Wanted,
    *,
    now: datetime,
    most: int,
    after: Place | None = None,
    is_grouped: bool = False,
) -> Sequence[Listed]:
    """List at most `most` episodes after a place, severest first, then newest."""
    params = {
        **_params(wanted, now=now, is_grouped=is_grouped),
        "most": most,
        "after_rank": after.rank if after else None,
        "after_at": after.triggered_at if after else None,
        "after_id": after.id if after else None,
    }
    sql = page_sql().format(output="item.*, p.rank, p.newest_on")
    rows = (await connection.execute(text(sql), params)).mappings().all()
    return [_listed(row) for row in rows]


def whole(wanted: Wanted, *, now: datetime, is_grouped: bool, output: str) -> Statement:
    """Write the statement that selects `output` of each `item` of a list, in its order."""
    everything = dict.fromkeys(("most", "after_rank", "after_at", "after_id"))
    params = _params(wanted, now=now, is_grouped=is_grouped) | everything
    return Statement(sql=page_sql().format(output=output), params=params)


@cache
def page_sql() -> str:
    """Write what lists episodes of every report, but for the `{output}`."""
    reports = alerting_reports().values()
    reasons = [f"WHEN '{report.report_type}' THEN ({report.words_sql})" for report in reports]
    scores = [
        OF_REPORT_SQL.format(of=report.score_sql, type=report.report_type) for report in reports
    ]
    return PAGE_SQL.format(
        output="{output}", score=" UNION ALL ".join(scores), reason=" ".join(reasons)
    )


async def versions(
    connection: AsyncConnection, wanted: Wanted, *, now: datetime
) -> tuple[object, ...]:
    """Return what changes whenever the list might; it reads no alert that is not asleep."""
    academies = None if wanted.academies is None else list(wanted.academies)
    params = {"report_types": wanted.report_types, "academies": academies, "now": now}
    return tuple((await connection.execute(VERSIONS_SQL, params)).one())


async def count(connection: AsyncConnection, wanted: Wanted, *, now: datetime) -> Counted:
    """Count the episodes that are listed, and their learners."""
    params = _params(wanted, now=now, is_grouped=False)
    found = await connection.execute(text(SEVERITIES_SQL), params)
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


def _params(wanted: Wanted, *, now: datetime, is_grouped: bool) -> dict[str, object]:
    return {**asdict(wanted), "now": now, "is_grouped": is_grouped}


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
