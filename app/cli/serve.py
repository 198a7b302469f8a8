"""`headsup serve`."""

import logging
import socket
import sys
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.lifespan.on import LifespanOn, LifespanSendMessage

from app.cli.ports import listen_on
from app.kit import logs
from app.kit.errors import AppError
from app.kit.failures import unavailable_of
from app.kit.http.protocol import KEEP_ALIVE_SECONDS, BoundedProtocol
from app.settings import Settings

APP_FACTORY = "app.main:build"
SHUTDOWN_SECONDS = 30

HostOption = Annotated[str, typer.Option("--host", help="The address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")]


def serve(*, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Serve the HTTP API and its documentation at /docs; run due and requested reports."""
    with listen_on(host, port) as door:
        logs.configure(level=logging.INFO, as_json=True)
        config = server_config(
            APP_FACTORY, Settings.from_environment().trusted_proxies, factory=True
        )
        config.load()
        config.lifespan_class = _Lifespan
        _serve(uvicorn.Server(config), door)


def server_config(
    service: FastAPI | str, trusted_proxies: str | None = None, *, factory: bool = False
) -> uvicorn.Config:
    """Return the configuration; only `trusted_proxies` may set a forwarded address or scheme."""
    return uvicorn.Config(
        service,
        factory=factory,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class _Lifespan(LifespanOn):
    """Keeps an expected error of the startup for the command line, which prints it."""

    error: AppError | None = None

    async def send(self, message: LifespanSendMessage) -> None:
        raised = sys.exc_info()[1]
        if message["type"] == "lifespan.startup.failed" and raised is not None:
            self.error = unavailable_of(raised)
        if self.error is not None:
            message = {"type": "lifespan.startup.failed", "message": ""}
        await super().send(message)


def _serve(server: uvicorn.Server, door: socket.socket) -> None:
    """Serve until stopped; raise the error that prevented the start, or exit with 1."""
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[door])
    except SystemExit:
        if isinstance(server.lifespan, _Lifespan) and server.lifespan.error is not None:
            raise server.lifespan.error from None
        raise typer.Exit(1) from None
