"""Turns what is read of alerts into what is answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.scopes import Key, Scope
from app.alerts.api.requests import NOBODY, AlertQuery
from app.alerts.api.responses import (
    AlertDetail,
    AlertEntry,
    AlertItem,
    AlertStats,
    EvaluatedDay,
    ScoreDay,
)
from app.alerts.enums import (
    Action,
    AlertStatus,
    Result,
    Severity,
)
from app.alerts.models import AlertEvent, AlertWatermark
from app.alerts.outcomes.outcomes import TypeStats
from app.alerts.queries import listing
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.listing import Listed, Place
from app.alerts.registry import alerting_reports
from app.kit.db.read_pool import Rows
from app.kit.errors import NotFound
from app.kit.http import cursors
from app.kit.http.cursors import Cursor, filters_of
from app.kit.http.etags import digest_of, etag_of

SCORE_DAYS = 30
MOST_RANK = len(Severity)


def report_types(key: Key) -> list[str]:
    """List the reports with alerts that the key may see."""
    allowed = key.report_types
    return [kind for kind in alerting_reports() if allowed is None or kind in allowed]


def wanted_by(query: AlertQuery, key: Key) -> AlertFilter:
    """Return which episodes are asked for; raise `NotFound` for another's academy."""
    nobody = query.assignee == NOBODY
    return AlertFilter(
        report_types=report_types(key),
        academies=key.narrow(query.academy),
        statuses=query.status or None,
        severities=query.severity or None,
        types=query.type or None,
        origins=query.origin or None,
        user_id=query.user,
        assignee=None if nobody else query.assignee,
        is_unassigned=nobody,
        triggered_from=query.triggered_from,
        triggered_to=query.triggered_to,
        may_name=key.has(Scope.PEOPLE_READ),
    )


async def etag_of_list(rows: Rows, query: AlertQuery, key: Key, *, now: datetime) -> str:
    """Return the ETag of a list, read from what it depends on and not from the list."""
    wanted = wanted_by(query, key)
    known = await listing.versions(rows, wanted, now=now)
    asked = wanted.report_types, wanted.may_name, query.model_dump()
    return etag_of(known, wanted.academies, asked)


def cursor_after(place: Place, query: AlertQuery) -> str:
    """Write where the next page begins."""
    after: cursors.Position = [place.rank, place.triggered_at.isoformat(), place.id]
    return Cursor(filters=filters_of(query), digest="", after=after).encode()


def place_in(cursor: Cursor) -> Place:
    """Read where a page begins; raise `Invalid` if that is no place in this list."""
    match cursor.after:
        case [rank, instant, number]:
            return Place(
                rank=cursors.position_number(rank, most=MOST_RANK),
                triggered_at=cursors.position_instant(instant),
                id=cursors.position_number(number),
            )
        case _:
            raise cursors.unreadable()


def item(listed: Listed) -> AlertItem:
    """Return one of a list."""
    return AlertItem.model_validate(dict(listed.row) | {"metrics_snapshot": listed.metrics})


async def detail(session: AsyncSession, alert_id: int, key: Key, now: datetime) -> AlertDetail:
    """Return an alert with all that is known of it; raise `NotFound` if the key may not see it."""
    connection = await session.connection()
    found = await _one(connection, alert_id, key, now)
    scores = await listing.scores(
        connection, found.row["report_type"], [found.row], back=SCORE_DAYS - 1
    )
    history = select(AlertEvent).where(col(AlertEvent.alert_id) == alert_id)
    entries = (await session.exec(history.order_by(col(AlertEvent.seq)))).all()
    return AlertDetail(
        **item(found).model_dump(),
        history=[AlertEntry(**entry.model_dump(exclude={"alert_id"})) for entry in entries],
        scores=[ScoreDay.model_validate(dict(score)) for score in scores],
    )


def tag_of(shown: AlertDetail) -> str:
    """Return the ETag of an alert: the version that a change must name, and all that is shown."""
    return f'"{shown.version}-{digest_of(shown.model_dump_json().encode())}"'


async def _one(connection: AsyncConnection, alert_id: int, key: Key, now: datetime) -> Listed:
    wanted = AlertFilter(
        report_types=report_types(key),
        academies=key.narrow(None),
        statuses=list(AlertStatus),
        alert_id=alert_id,
        may_name=key.has(Scope.PEOPLE_READ),
    )
    found = await listing.page(connection, wanted, now=now, most=1)
    if not found:
        raise NotFound(f"There is no alert {alert_id}.", code="unknown_alert")
    return found[0]


async def evaluated_days(session: AsyncSession, key: Key, query: AlertQuery) -> list[EvaluatedDay]:
    """List up to which day each academy in scope was evaluated."""
    academies = key.narrow(query.academy)
    marks = select(AlertWatermark).where(col(AlertWatermark.report_type).in_(report_types(key)))
    if academies is not None:
        marks = marks.where(col(AlertWatermark.academy_id).in_(academies))
    found = await session.exec(marks.order_by(col(AlertWatermark.academy_id)))
    return [EvaluatedDay.model_validate(mark.model_dump()) for mark in found]


def stats_items(found: Sequence[TypeStats]) -> list[AlertStats]:
    """Return the stats as they are answered, shares with 4 decimals."""
    return [_stats_item(of_type) for of_type in found]


def _stats_item(of_type: TypeStats) -> AlertStats:
    low, high = of_type.interval or (None, None)
    named = (
        "alert_type",
        "origin",
        "opened",
        "still_open",
        "by_hand",
        "by_itself",
        "no_longer_live",
        "no_data",
        "judged",
        "churned",
    )
    return AlertStats.model_validate(
        {name: getattr(of_type, name) for name in named}
        | {
            "actions": {kind: getattr(of_type, kind.lower()) for kind in Action},
            "results": {kind: getattr(of_type, f"result_{kind.lower()}") for kind in Result},
            "expected": round(of_type.expected, 2),
            "precision": _share(of_type.precision),
            "precision_low": _share(low),
            "precision_high": _share(high),
            "base_rate": _share(of_type.base_rate),
        }
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
