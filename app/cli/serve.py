"""`headsup serve`."""

import logging
from typing import Annotated

import typer
import uvicorn

from app.kit import logs

SERVICE = "app.main:build"
PATIENCE_SECONDS = 30

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")]


def serve(*, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the HTTP API; its description for people is at /docs."""
    logs.configure(level=logging.INFO, as_json=True)
    uvicorn.run(
        SERVICE,
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )
