"""`headsup serve`."""

import logging
import socket
from typing import Annotated

import typer
import uvicorn

from app.kit import logs
from app.kit.errors import Unusable

SERVICE = "app.main:build"
PATIENCE_SECONDS = 30

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")]


def serve(*, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the HTTP API; its description for people is at /docs."""
    logs.configure(level=logging.INFO, as_json=True)
    config = uvicorn.Config(
        SERVICE,
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )
    server = uvicorn.Server(config)
    with listening(host, port) as door:
        server.run(sockets=[door])
    if not server.started:
        raise typer.Exit(1)


def listening(host: str, port: int) -> socket.socket:
    """Take the port before anything is opened or begun; raise `Unusable` if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        message = f"Port {port} of {host} cannot be listened on: {why}. Choose another: --port."
        raise Unusable(message) from None
