"""Answers a request for the list of alerts: with a page, or with a stream of all of it."""

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.scopes import Key
from app.alerts.api import serializers
from app.alerts.api.requests import AlertQuery
from app.alerts.api.responses import AlertItem, AlertPage, SeverityCount
from app.alerts.queries import listing
from app.alerts.queries.listing import AlertPosition, AlertTotals
from app.alerts.queries.watermarks import watermarks
from app.kit.db.read_pool import Rows
from app.kit.http import cursors, etags
from app.kit.http.dependencies import Shell
from app.kit.http.formats import ListFormat, cells
from app.kit.http.streaming import Whole

TEXT_COLUMNS = ("email", "full_name", "reason", "assignee", "action_taken")


async def answer_page(
    request: Request, session: AsyncSession, shell: Shell, key: Key, query: AlertQuery
) -> tuple[AlertPage | None, dict[str, str]]:
    """Return a page and its headers; None as the page if the caller's ETag is still valid."""
    resumed, after = _resumed(query)
    alerts, now = serializers.filter_of(resumed, key), shell.clock()
    etag = await serializers.etag_of_list(shell.database.reader.rows, query, key, now=now)
    headers = etags.headers_of(etag)
    if etags.is_known(request, etag):
        return None, headers
    connection = await session.connection()
    found = await listing.list_page(
        connection,
        alerts,
        now=now,
        limit=query.limit + 1,
        after=after,
        is_grouped=resumed.group is not None,
    )
    shown = found[: query.limit]
    page = AlertPage(
        items=[serializers.item_of(alert) for alert in shown],
        days=[serializers.evaluated_day(mark) for mark in await watermarks(session, alerts)],
        timezone=shell.zone.key,
    )
    if query.count:
        _add_totals(page, headers, await listing.count_alerts(connection, alerts, now=now), resumed)
    if len(found) > len(shown):
        page.next_cursor = serializers.cursor_after(shown[-1].position, resumed)
        headers["Link"] = cursors.next_link(request, page.next_cursor)
    return page, headers


async def answer_stream(
    request: Request, shell: Shell, key: Key, query: AlertQuery, kind: ListFormat
) -> Response:
    """Stream all alerts of the filter, as they were at one instant."""
    if query.cursor is not None:
        raise cursors.not_streamed()
    streamed, now = query.model_copy(update={"format": kind}), shell.clock()
    csv = kind is ListFormat.CSV
    lines = cells("item", list(AlertItem.model_fields), texts=TEXT_COLUMNS)
    statement = listing.stream_statement_of(
        serializers.filter_of(streamed, key),
        now=now,
        is_grouped=streamed.group is not None,
        output=lines if csv else "CAST(row_to_json(item) AS text)",
    )

    async def read(rows: Rows) -> Whole:
        etag = await serializers.etag_of_list(rows, streamed, key, now=now)
        return Whole(etag=etag, statement=statement)

    return await shell.streams.answer(request, kind, read)


def _resumed(query: AlertQuery) -> tuple[AlertQuery, AlertPosition | None]:
    """Return the query with the filters of its cursor; raise `Invalid` if it has other filters."""
    query, cursor = cursors.resume(query, query.cursor)
    return query, serializers.position_of(cursor) if cursor else None


def _add_totals(
    page: AlertPage, headers: dict[str, str], totals: AlertTotals, query: AlertQuery
) -> None:
    """Add the number of items on all pages, and of alerts by severity."""
    page.total = totals.alerts if query.group is None else totals.learners
    page.by_severity = {
        severity: SeverityCount(alerts=alerts, learners=learners)
        for severity, (alerts, learners) in totals.by_severity.items()
    }
    headers["X-Total-Count"] = str(page.total)
