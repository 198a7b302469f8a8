"""The outermost middleware: request ids, security headers and the access log."""

import re
from time import perf_counter
from uuid import uuid4

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.http.security_headers import add_security_headers

REQUEST_ID_HEADER = "X-Request-ID"
RAW_REQUEST_ID_HEADER = REQUEST_ID_HEADER.lower().encode()
HEAD = "HEAD"
REQUEST_ID_KEY = "headsup.request_id"
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNLOGGED_PATHS = ("/healthz", "/readyz", "/metrics")

LATENCY = Histogram(
    "headsup_request_seconds", "How long requests took.", ("method", "route", "status")
)

log = structlog.get_logger("app.api")


class RequestMiddleware:
    """Adds a request id and security headers to each response, and logs how each request ended."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, method = perf_counter(), 500, scope["method"]
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        if method == HEAD:
            scope, send = as_get(scope, send)
        scope[REQUEST_ID_KEY] = given if VALID_REQUEST_ID.fullmatch(given) else uuid4().hex

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = list(message.get("headers", ()))
                headers.append((RAW_REQUEST_ID_HEADER, scope[REQUEST_ID_KEY].encode()))
                add_security_headers(headers, over_tls=scope["scheme"] == "https")
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=scope[REQUEST_ID_KEY])
        try:
            await self.app(scope, receive, send_named)
        finally:
            if scope["path"] not in UNLOGGED_PATHS:
                _log(scope, method, status, perf_counter() - began)


def as_get(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """Turn a HEAD request into a GET of which only the head is sent.

    The response ends after its head, so a streaming route sees its client as disconnected.
    """

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body"})

    return {**scope, "method": "GET"}, send_head


def _log(scope: Scope, method: str, status: int, seconds: float) -> None:
    route = scope.get("route")
    path = getattr(route, "path", "none")
    LATENCY.labels(method=method, route=path, status=int(status)).observe(seconds)
    log.info(
        "request.answered",
        method=method,
        route=getattr(route, "path", None),
        status=int(status),
        seconds=round(seconds, 4),
    )
