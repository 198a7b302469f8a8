"""Converts between the rows of alerts and the requests and answers about them."""

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
from app.alerts.queries.listing import AlertPosition, ListedAlert
from app.alerts.queries.watermarks import list_version
from app.alerts.registry import alert_sources
from app.kit.db.read_pool import Rows
from app.kit.errors import NotFound
from app.kit.http import cursors
from app.kit.http.cursors import Cursor, filters_of
from app.kit.http.etags import digest_of, etag_of

VALUE_DAYS = 30
MOST_RANK = len(Severity)


def report_types(key: Key) -> list[str]:
    """List the reports with alerts that the key may read."""
    allowed = key.report_types
    return [name for name in alert_sources() if allowed is None or name in allowed]


def filter_of(query: AlertQuery, key: Key) -> AlertFilter:
    """Return the filter of a query; raise `NotFound` for an academy outside the key's scope."""
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
    """Return the ETag of a list, computed from what the list depends on, without reading it."""
    alerts = filter_of(query, key)
    version = await list_version(rows, alerts, now=now)
    request = alerts.report_types, alerts.may_name, query.model_dump()
    return etag_of(version, alerts.academies, request)


def cursor_after(position: AlertPosition, query: AlertQuery) -> str:
    """Return the cursor of the page that follows an episode."""
    after: cursors.Position = [position.rank, position.triggered_at.isoformat(), position.id]
    return Cursor(filters=filters_of(query), digest="", after=after).encode()


def position_of(cursor: Cursor) -> AlertPosition:
    """Return the position in a cursor; raise `Invalid` if it is not one of this list."""
    match cursor.after:
        case [rank, instant, number]:
            return AlertPosition(
                rank=cursors.position_number(rank, most=MOST_RANK),
                triggered_at=cursors.position_instant(instant),
                id=cursors.position_number(number),
            )
        case _:
            raise cursors.unreadable()


def item_of(alert: ListedAlert) -> AlertItem:
    """Return an alert of a list as it is answered."""
    return AlertItem.model_validate(dict(alert.row) | {"metrics_snapshot": alert.metrics})


async def read_detail(session: AsyncSession, alert_id: int, key: Key, now: datetime) -> AlertDetail:
    """Return an alert with its history and values; raise `NotFound` if the key may not read it."""
    connection = await session.connection()
    found = await _one(connection, alert_id, key, now)
    scores = await listing.value_history(
        connection, found.row["report_type"], alert_id, days=VALUE_DAYS
    )
    history = select(AlertEvent).where(col(AlertEvent.alert_id) == alert_id)
    entries = (await session.exec(history.order_by(col(AlertEvent.seq)))).all()
    return AlertDetail(
        **item_of(found).model_dump(),
        history=[AlertEntry(**entry.model_dump(exclude={"alert_id"})) for entry in entries],
        scores=[ScoreDay.model_validate(dict(score)) for score in scores],
    )


def tag_of(shown: AlertDetail) -> str:
    """Return the ETag of an alert: its version, for `If-Match`, and a digest of all fields."""
    return f'"{shown.version}-{digest_of(shown.model_dump_json().encode())}"'


async def _one(connection: AsyncConnection, alert_id: int, key: Key, now: datetime) -> ListedAlert:
    alerts = AlertFilter(
        report_types=report_types(key),
        academies=key.narrow(None),
        statuses=list(AlertStatus),
        alert_id=alert_id,
        may_name=key.has(Scope.PEOPLE_READ),
    )
    found = await listing.list_page(connection, alerts, now=now, limit=1)
    if not found:
        raise NotFound(f"There is no alert {alert_id}.", code="unknown_alert")
    return found[0]


def evaluated_day(mark: AlertWatermark) -> EvaluatedDay:
    """Return the newest evaluated day of an academy as it is answered."""
    return EvaluatedDay.model_validate(mark.model_dump())


def stats_items(found: Sequence[TypeStats]) -> list[AlertStats]:
    """Return the stats as they are answered, with shares rounded to 4 decimals."""
    return [_stats_item(stats) for stats in found]


def _stats_item(stats: TypeStats) -> AlertStats:
    low, high = stats.interval or (None, None)
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
        {name: getattr(stats, name) for name in named}
        | {
            "actions": {kind: getattr(stats, kind.lower()) for kind in Action},
            "results": {kind: getattr(stats, f"result_{kind.lower()}") for kind in Result},
            "expected": round(stats.expected, 2),
            "precision": _share(stats.precision),
            "precision_low": _share(low),
            "precision_high": _share(high),
            "base_rate": _share(stats.base_rate),
        }
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
