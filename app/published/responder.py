"""Answers requests for published days: a page, a stream, a history, a summary or a trend.

Every answer is made of exactly the revisions that it names, and its ETag is known before its rows
are read.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import orjson
from fastapi import Request, Response

from app.access.scopes import Key, Scope
from app.kit.days import ONE_DAY, day_of
from app.kit.db.read_pool import Rows
from app.kit.errors import Conflict, NotFound
from app.kit.http import cursors, etags
from app.kit.http.cursors import Cursor, filters_of
from app.kit.http.dependencies import Shell
from app.kit.http.formats import ListFormat, format_of
from app.kit.http.streaming import Whole
from app.published.list_spec import ListSpec, PageRead, read_page, stream_statement
from app.published.requests import (
    DayQuery,
    DaysQuery,
    HistoryQuery,
    ListQuery,
    SummaryQuery,
    TrendQuery,
)
from app.published.snapshot import Snapshot, SnapshotSpec, find_snapshot
from app.published.summary_spec import SummarySpec, read_summary, read_trend

ATTEMPTS = 3
LAYOUT = 3
"""Part of every ETag: increase it when the same rows are rendered differently."""
HISTORY_DAYS = 90
TREND_DAYS = 30

L = TypeVar("L", bound=ListQuery)
D = TypeVar("D", bound=DaysQuery)


class ReadSnapshot(Protocol):
    """Reads the items of an answer from the days of a snapshot."""

    def __call__(self, rows: Rows, snapshot: Snapshot) -> Awaitable[PageRead]:
        """Return the page."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """A request for published days: the API key, the report, the query and the cursor."""

    key: Key
    spec: SnapshotSpec
    query: DayQuery
    cursor: Cursor | None = None

    @property
    def people(self) -> bool:
        """Whether the key may read names."""
        return self.key.has(Scope.PEOPLE_READ)

    @property
    def academies(self) -> list[int] | None:
        """The academies in scope; None is every one."""
        return self.key.narrow(self.query.academy)

    def etag(self, snapshot: Snapshot, shell: Shell) -> str:
        """Return a tag that stays the same while the answer does."""
        names = snapshot.directory_version if self.people else None
        query = type(self.query).__name__, self.query.model_dump(mode="json")
        zone, report_type = str(shell.zone), self.spec.report_type
        return etags.etag_of(
            LAYOUT, report_type, zone, snapshot.versions, names, self.people, query
        )


async def respond(
    request: Request, shell: Shell, asked: ReadRequest, read: ReadSnapshot
) -> Response:
    """Answer the items that `read` finds.

    Raises `Conflict` when a day was published anew since the first page.
    """
    for _ in range(ATTEMPTS):
        snapshot = await _snapshot(shell, asked)
        if etags.is_asked(request) and etags.is_known(request, etag := asked.etag(snapshot, shell)):
            return etags.not_modified(etag)
        page = await read(shell.database.reader.rows, snapshot)
        if page.unchanged:
            return _answer(request, shell, asked, snapshot, page)
    raise Conflict("The days are being published just now; ask again.", code="list_changed")


async def respond_list(
    request: Request, shell: Shell, key: Key, spec: ListSpec[L], query: L
) -> Response:
    """Answer a page as JSON, or every row of the filter as CSV or NDJSON."""
    kind = format_of(request, query.format)
    if kind is not ListFormat.JSON:
        if query.cursor is not None:
            raise cursors.not_streamed()
        return await _respond_stream(request, shell, key, spec, query, kind)
    resumed, cursor = cursors.resume(query, query.cursor)
    asked = ReadRequest(key=key, spec=spec.snapshot, query=resumed, cursor=cursor)

    async def read(rows: Rows, snapshot: Snapshot) -> PageRead:
        return await read_page(rows, spec, resumed, snapshot, cursor, people=asked.people)

    return await respond(request, shell, asked, read)


async def respond_history(
    request: Request,
    shell: Shell,
    key: Key,
    spec: ListSpec[L],
    query: HistoryQuery,
    fixed: dict[str, Any],
) -> Response:
    """Answer a page of the list's rows with the filters `fixed`, without days of the newest 90.

    Raises `NotFound` when there is none.
    """
    listed = spec.query.model_validate(query.model_dump(exclude_unset=True) | fixed)
    if query.cursor is None:
        listed = recent(listed, shell, HISTORY_DAYS)
    listed, cursor = cursors.resume(listed, query.cursor)
    asked = ReadRequest(key=key, spec=spec.snapshot, query=listed, cursor=cursor)

    async def read(rows: Rows, snapshot: Snapshot) -> PageRead:
        page = await read_page(rows, spec, listed, snapshot, cursor, people=asked.people)
        if not page.items:
            raise NotFound("There is nothing of this learner in these days.", code="unknown_user")
        return page

    return await respond(request, shell, asked, read)


async def respond_summary(
    request: Request, shell: Shell, key: Key, spec: SummarySpec, query: SummaryQuery
) -> Response:
    """Answer the sums of each academy's newest day, or of the day asked for."""

    async def read(rows: Rows, snapshot: Snapshot) -> PageRead:
        return await read_summary(rows, spec, snapshot, query.group)

    return await respond(
        request, shell, ReadRequest(key=key, spec=spec.snapshot, query=query), read
    )


async def respond_trend(
    request: Request, shell: Shell, key: Key, spec: SummarySpec, query: TrendQuery
) -> Response:
    """Answer the sums of each day, the oldest first; without days, of the newest 30."""

    async def read(rows: Rows, snapshot: Snapshot) -> PageRead:
        return await read_trend(rows, spec, snapshot, query.group)

    days = recent(query, shell, TREND_DAYS)
    return await respond(request, shell, ReadRequest(key=key, spec=spec.snapshot, query=days), read)


def recent(query: D, shell: Shell, days: int) -> D:
    """Select the newest `days` days where none are selected."""
    if query.bounds is not None:
        return query
    today: date = day_of(shell.clock(), shell.zone)
    first = today - timedelta(days=days)
    return query.model_copy(update={"date_from": first, "date_to": today - ONE_DAY})


async def _respond_stream(
    request: Request, shell: Shell, key: Key, spec: ListSpec[L], query: L, kind: ListFormat
) -> Response:
    """Answer every row of the filter from one state of the database."""
    formatted = query.model_copy(update={"format": kind})
    asked = ReadRequest(key=key, spec=spec.snapshot, query=formatted)

    async def read(rows: Rows) -> Whole:
        snapshot = await find_snapshot(rows, spec.snapshot, formatted, asked.academies)
        statement = stream_statement(spec, formatted, snapshot, people=asked.people)
        return Whole(etag=asked.etag(snapshot, shell), statement=statement)

    return await shell.streams.answer(request, kind, read)


async def _snapshot(shell: Shell, asked: ReadRequest) -> Snapshot:
    """Find the days of a page; raise `Conflict` if those of the cursor have changed."""
    until = asked.cursor.until if asked.cursor else None
    spec, query, academies = asked.spec, asked.query, asked.academies
    scope = None if academies is None else tuple(academies)
    snapshot = await shell.shared.get(
        ("days", spec, query.bounds, scope, until),
        partial(find_snapshot, shell.database.reader.rows, spec, query, scope, until=until),
    )
    if asked.cursor is not None:
        asked.cursor.check_digest(snapshot.digest)
    return snapshot


def _answer(
    request: Request, shell: Shell, asked: ReadRequest, snapshot: Snapshot, page: PageRead
) -> Response:
    following = _next_cursor(asked, snapshot, page)
    rest: dict[str, object] = {"next_cursor": following, "timezone": str(shell.zone)}
    if page.total is not None:
        rest["total"] = page.total
    body = f'{{"items":[{page.items}],"days":[{snapshot.shown}],'.encode() + orjson.dumps(rest)[1:]
    answer = etags.json_answer(body, asked.etag(snapshot, shell))
    if following is not None:
        answer.headers["Link"] = cursors.next_link(request, following)
    if page.total is not None:
        answer.headers["X-Total-Count"] = str(page.total)
    return answer


def _next_cursor(asked: ReadRequest, snapshot: Snapshot, page: PageRead) -> str | None:
    if page.position is None:
        return None
    newest = asked.query.bounds is None
    return Cursor(
        filters=filters_of(asked.query),
        until=snapshot.last if newest else None,
        digest=snapshot.digest,
        after=page.position,
    ).encode()
