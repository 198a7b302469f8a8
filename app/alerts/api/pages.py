"""The list of alerts, a page at a time or all of it, from the question to the answer."""

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.scopes import Key
from app.alerts.api import serializers
from app.alerts.api.requests import AlertQuery
from app.alerts.api.responses import AlertItem, AlertPage, SeverityCount
from app.alerts.queries import listing
from app.alerts.queries.listing import Counted, Place
from app.kit.db.read_pool import Rows
from app.kit.http import cursors, etags
from app.kit.http.dependencies import Shell
from app.kit.http.formats import ListFormat, cells
from app.kit.http.streaming import Whole

TEXT_COLUMNS = ("email", "full_name", "reason", "assignee", "action_taken")


async def answer_page(
    request: Request, session: AsyncSession, shell: Shell, key: Key, query: AlertQuery
) -> tuple[AlertPage | None, dict[str, str]]:
    """Return a page and its headers; no page when the caller has it already."""
    asked, after = _resumed(query)
    wanted, now = serializers.wanted_by(asked, key), shell.clock()
    etag = await serializers.etag_of_list(shell.database.reader.rows, query, key, now=now)
    headers = etags.headers_of(etag)
    if etags.is_known(request, etag):
        return None, headers
    connection = await session.connection()
    found = await listing.page(
        connection,
        wanted,
        now=now,
        most=query.limit + 1,
        after=after,
        is_grouped=asked.group is not None,
    )
    shown = found[: query.limit]
    page = AlertPage(
        items=[serializers.item(listed) for listed in shown],
        days=await serializers.evaluated_days(session, key, asked),
        timezone=shell.zone.key,
    )
    if query.count:
        _count(page, headers, await listing.count_alerts(connection, wanted, now=now), asked)
    if len(found) > len(shown):
        page.next_cursor = serializers.cursor_after(shown[-1].place, asked)
        headers["Link"] = cursors.next_link(request, page.next_cursor)
    return page, headers


async def answer_stream(
    request: Request, shell: Shell, key: Key, query: AlertQuery, kind: ListFormat
) -> Response:
    """Answer every alert of the filter, whatever is done to them meanwhile."""
    if query.cursor is not None:
        raise cursors.not_streamed()
    asked, now = query.model_copy(update={"format": kind}), shell.clock()
    csv = kind is ListFormat.CSV
    lines = cells("item", list(AlertItem.model_fields), texts=TEXT_COLUMNS)
    statement = listing.stream_statement_of(
        serializers.wanted_by(asked, key),
        now=now,
        is_grouped=asked.group is not None,
        output=lines if csv else "CAST(row_to_json(item) AS text)",
    )

    async def read(rows: Rows) -> Whole:
        etag = await serializers.etag_of_list(rows, asked, key, now=now)
        return Whole(etag=etag, statement=statement)

    return await shell.streams.answer(request, kind, read)


def _resumed(query: AlertQuery) -> tuple[AlertQuery, Place | None]:
    """Take up the filters of the cursor, if there is one; raise `Invalid` if they are others."""
    query, cursor = cursors.resume(query, query.cursor)
    return query, serializers.place_in(cursor) if cursor else None


def _count(page: AlertPage, headers: dict[str, str], counted: Counted, asked: AlertQuery) -> None:
    """Say how many items all pages have, and how bad the alerts are."""
    page.total = counted.alerts if asked.group is None else counted.learners
    page.by_severity = {
        severity: SeverityCount(alerts=alerts, learners=learners)
        for severity, (alerts, learners) in counted.by_severity.items()
    }
    headers["X-Total-Count"] = str(page.total)
