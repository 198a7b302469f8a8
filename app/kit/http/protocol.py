"""HTTP connections with bounds: their number, the size of a request's head, the time it takes."""

from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from app.kit.http.problems import ProblemResponse
from app.kit.http.security_headers import add_security_headers

MOST_CONNECTIONS = 500
"""More are refused: the usual limit of open files is 1,024, and the database needs some."""
MOST_TARGET_BYTES = 32 * 1024
MOST_HEAD_BYTES = 64 * 1024
"""Of the target and all headers together, and of what stands between two pieces of a body."""
HEAD_SECONDS = 5.0
"""From the connection, or the first byte of a later request, to the end of the headers."""
KEEP_ALIVE_SECONDS = 5
REST_SECONDS = 2.0
REST_BYTES = 1024 * 1024
"""How much of a body is still read after the response, so that the client reads that."""

REFUSALS = {
    400: ("malformed_request", "This is no HTTP request."),
    408: ("request_timeout", "The request took too long to arrive."),
    414: ("target_too_long", f"At most {MOST_TARGET_BYTES:,} bytes of path and query are taken."),
    431: ("headers_too_large", f"At most {MOST_HEAD_BYTES:,} bytes of headers are taken."),
    503: ("too_many_connections", "There are too many connections; try again."),
}


class _Refused(Exception):
    """Ends the parsing of a request whose refusal is known."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection; the server's own protocol bounds neither heads nor the time they take."""

    _deadline: TimerHandle | None = None
    _refusal: int | None = None
    _loose_bytes = 0
    """What was received since the last piece of a body, or since the last request ended."""
    _head_bytes = 0
    _rest_bytes = 0

    def connection_made(self, transport: BaseTransport) -> None:
        """Refuse a connection above the limit; start the first request's deadline on others."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503)
            return
        self._wait(HEAD_SECONDS, self._expire)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; refuse a head that does not come to an end."""
        if self._deadline is None and self._is_idle():
            self._wait(HEAD_SECONDS, self._expire)
        self._loose_bytes += len(data)
        super().data_received(data)
        if self._loose_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431)

    def on_message_begin(self) -> None:
        """Begin to count the bytes of a head."""
        super().on_message_begin()
        self._head_bytes = self._rest_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        super().on_url(url)
        if len(self.url) > MOST_TARGET_BYTES:
            self._refusal = 414
            raise _Refused

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if len(self.url) + self._head_bytes > MOST_HEAD_BYTES:
            self._refusal = 431
            raise _Refused

    def on_headers_complete(self) -> None:
        """Start answering; the body has a deadline of its own, where it is read."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; close what goes on sending it long after it was answered."""
        self._loose_bytes = 0
        super().on_body(body)
        if self.cycle.response_complete:
            self._rest_bytes += len(body)
            if self._rest_bytes > REST_BYTES:
                self.transport.close()

    def on_message_complete(self) -> None:
        """Wait for the next request if this one was answered before its body ended."""
        self._loose_bytes = 0
        super().on_message_complete()
        if self._is_idle():
            self._wait(KEEP_ALIVE_SECONDS, self._expire)

    def on_response_complete(self) -> None:
        """Wait for the next request; for the rest of a body that nobody reads only for a moment."""
        super().on_response_complete()
        if self._is_idle() and self.cycle.more_body and not self.transport.is_closing():
            self._wait(REST_SECONDS, self.transport.close)

    @override
    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed."""
        self._refuse(self._refusal or 400)

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return not cycle or cycle.response_complete

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        """Close the connection; respond with 408 if a request has begun."""
        if self._loose_bytes:
            self._refuse(408)
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer and close; only close where another request's answer is on its way."""
        if self._is_idle():
            answer = ProblemResponse(status, *REFUSALS[status])
            headers = [*self.server_state.default_headers, *answer.raw_headers]
            headers.append((b"connection", b"close"))
            add_security_headers(headers, over_tls=self.scheme == "https")
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            head = b"".join([STATUS_LINE[status], *lines, b"\r\n"])
            self.transport.write(head + bytes(answer.body))
        self.transport.close()
