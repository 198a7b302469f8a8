"""Reading alerts for people: lists, severest first, and one with all that is known of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.alerts.kinds import AlertOrigin, Severity, Status
from app.alerts.registry import alerts_of

HERE = Path(__file__).parent
CHOSEN_SQL = (HERE / "chosen.sql").read_text("utf-8")
PAGE_SQL = CHOSEN_SQL + (HERE / "page.sql").read_text("utf-8")
VERSIONS_SQL = text((HERE / "versions.sql").read_text("utf-8"))
SEVERITIES_SQL = CHOSEN_SQL + (HERE / "severities.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which episodes a list is about; None narrows nothing, but by `statuses` to those awake."""

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
        **asdict(wanted),
        "now": now,
        "is_grouped": is_grouped,
        "most": most,
        "after_rank": after.rank if after else None,
        "after_at": after.triggered_at if after else None,
        "after_id": after.id if after else None,
    }
    rows = (await connection.execute(text(PAGE_SQL), params)).mappings().all()
    scores = await _scores(connection, rows)
    return [_listed(row, scores.get((row["academy_id"], row["user_id"]))) for row in rows]


async def versions(
    connection: AsyncConnection, wanted: Wanted, *, now: datetime
) -> tuple[object, ...]:
    """Return what changes whenever the list might; it reads no alert that is not asleep."""
    academies = None if wanted.academies is None else list(wanted.academies)
    params = {"report_types": wanted.report_types, "academies": academies, "now": now}
    return tuple((await connection.execute(VERSIONS_SQL, params)).one())


async def severities(
    connection: AsyncConnection, wanted: Wanted, *, now: datetime
) -> Mapping[Severity, tuple[int, int]]:
    """Map each severity to how many episodes there are, and of how many learners."""
    found = await connection.execute(text(SEVERITIES_SQL), {**asdict(wanted), "now": now})
    counts = {Severity(row.severity): (row.alerts, row.learners) for row in found}
    return {severity: counts.get(severity, (0, 0)) for severity in reversed(Severity)}


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


async def _scores(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> Mapping[tuple[int, int], RowMapping]:
    found: dict[tuple[int, int], RowMapping] = {}
    for report_type in sorted({row["report_type"] for row in rows}):
        asked = [row for row in rows if row["report_type"] == report_type]
        for score in await scores(connection, report_type, asked, back=0):
            found[score["academy_id"], score["user_id"]] = score
    return found


def _listed(row: RowMapping, score: RowMapping | None) -> Listed:
    snapshot = row["metrics_snapshot"]
    metrics = json.loads(snapshot) if isinstance(snapshot, str) else snapshot
    return Listed(
        row=row,
        place=Place(rank=row["rank"], triggered_at=row["triggered_at"], id=row["id"]),
        alerts=row["alerts"],
        reason=alerts_of(row["report_type"]).words(row["alert_type"], metrics),
        metrics=metrics,
        score=score["score"] if score else None,
        level=score["level"] if score else None,
    )
