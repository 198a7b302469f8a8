"""Streams the result of a query as the response, while the database produces it.

A list is streamed whole, from one state of the database.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import structlog
from asyncpg import Connection
from fastapi import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.kit.db.engine import Database
from app.kit.db.named_params import Statement, numbered
from app.kit.db.read_pool import Rows, fetch_rows
from app.kit.failures import Outage, Unavailable
from app.kit.http import etags
from app.kit.http.formats import TYPES, ListFormat

ROW_COUNT = "X-Row-Count"
TRAILERS = "http.response.trailers"

LINES_LAYOUT: Mapping[str, object] = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}
"""Copies one column of JSON as it is: it holds no control character that would be quoted."""
CSV_LAYOUT: Mapping[str, object] = {"format": "csv", "header": True}

STREAM_CLOSE_SECONDS = 5.0
TOO_MANY_STREAMS = Outage(
    code="too_many_streams",
    problem="As many lists are being streamed as may be at once",
    remedy="try again later, or read pages",
)

log = structlog.get_logger()

ChunkSink = Callable[[bytes], Awaitable[None]]
Copy = Callable[[ChunkSink], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole list: its ETag, and the statement that selects it as lines of its format.

    A line is the cells of a row for CSV, and a JSON object for NDJSON.
    """

    etag: str
    statement: Statement


Read = Callable[[Rows], Awaitable[Whole]]


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Connection]:
    """Open a read-only transaction that sees one state of the database throughout.

    It has a connection of its own, so that slow readers do not occupy the pool. Closing that
    connection ends the transaction and any statement that still runs in it.
    """
    connection = await database.connect()
    try:
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        yield connection
    finally:
        with suppress(TimeoutError):
            await connection.close(timeout=STREAM_CLOSE_SECONDS)


async def copy_out(
    connection: Connection, statement: Statement, sink: ChunkSink, layout: Mapping[str, object]
) -> int:
    """Copy the result of a statement to `sink`, no faster than it accepts it; return the rows.

    `layout` are the options of COPY.
    """
    sql, values = numbered(statement)
    tag: str = await connection.copy_from_query(sql, *values, output=sink, **layout)
    return int(tag.removeprefix("COPY "))


class Streams:
    """Streams lists of one database, a limited number of them at once.

    Each stream holds a connection and a state of the database for as long as its reader takes. One
    that does not move for `stall_seconds`, because of its reader or of the database, is cut.
    """

    def __init__(self, database: Database, *, most: int, stall_seconds: float) -> None:
        self._database = database
        self._most = most
        self._open = 0
        self._stall_seconds = stall_seconds

    async def answer(self, request: Request, kind: ListFormat, read: Read) -> Response:
        """Answer all that `read` says of one state of the database, whatever is written meanwhile.

        Raises `SourceDown` when there are as many streams as there may be.
        """
        async with AsyncExitStack() as opening:
            opening.enter_context(self._place())
            async with asyncio.timeout(self._stall_seconds):
                connection = await opening.enter_async_context(snapshot(self._database))
                whole = await read(partial(fetch_rows, connection))
            if etags.is_known(request, whole.etag):
                return etags.not_modified(whole.etag)
            layout = CSV_LAYOUT if kind is ListFormat.CSV else LINES_LAYOUT
            return CopyResponse(
                partial(copy_out, connection, whole.statement, layout=layout),
                opening.pop_all(),
                media_type=TYPES[kind],
                headers=etags.headers_of(whole.etag),
                stall_seconds=self._stall_seconds,
                last_line=None if kind is ListFormat.CSV else _count,
            )

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Occupy one of the places; raise instead of waiting, since a reader may never finish."""
        if self._open >= self._most:
            raise Unavailable(TOO_MANY_STREAMS)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


class CopyResponse(Response):
    """Streams what `copy` writes, then the number of rows: as `last_line`, and as a trailer.

    `opened` holds the resources of the copy and is always closed at the end. A response that
    stalls is cut off without its last chunk, so that the client sees that it is incomplete.
    """

    def __init__(
        self,
        copy: Copy,
        opened: AsyncExitStack,
        *,
        media_type: str,
        headers: Mapping[str, str],
        stall_seconds: float,
        last_line: Callable[[int], bytes] | None = None,
    ) -> None:
        super().__init__(media_type=media_type, headers=headers)
        del self.headers["content-length"]
        self._copy = copy
        self._opened = opened
        self._last_line = last_line
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; stop reading when the client disconnects."""
        async with self._opened:
            sending = asyncio.create_task(self._send(scope, send))
            leaving = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone = not sending.done()
                sending.cancel() if gone else leaving.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
        if not gone:
            sending.result()

    async def _send(self, scope: Scope, send: Send) -> None:
        limit = asyncio.timeout(self._stall_seconds)
        try:
            async with limit:
                await self._send_all(scope, _extending(limit, self._stall_seconds, send))
        except TimeoutError:
            if not limit.expired():
                raise
            log.warning("stream.cut", path=scope["path"], stalled_seconds=self._stall_seconds)

    async def _send_all(self, scope: Scope, send: Send) -> None:
        trailing = TRAILERS in scope.get("extensions", {})
        if trailing:
            self.headers["Trailer"] = ROW_COUNT
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
                "trailers": trailing,
            }
        )

        async def sink(chunk: bytes) -> None:
            await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})

        rows = await self._copy(sink)
        last = self._last_line(rows) if self._last_line else b""
        await send({"type": "http.response.body", "body": last, "more_body": False})
        if trailing:
            counted = (ROW_COUNT.lower().encode(), str(rows).encode())
            await send({"type": TRAILERS, "headers": [counted], "more_trailers": False})


def _extending(limit: asyncio.Timeout, seconds: float, send: Send) -> Send:
    """Send, and restart the timeout each time that the client accepts a message."""
    loop = asyncio.get_running_loop()

    async def extending(message: Message) -> None:
        await send(message)
        limit.reschedule(loop.time() + seconds)

    return extending


def _count(rows: int) -> bytes:
    """Return the last line of NDJSON, which tells a client that the list is complete."""
    return b'{"rows": %d}\n' % rows


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
