"""The API as `headsup serve` runs it, without its worker, and with a route that does nothing."""

import argparse
import logging

import uvicorn
import uvloop
from fastapi import Response

from app.api.app import create_app
from app.cli.ports import listen_on
from app.cli.serve import server_config
from app.kit import logs
from app.settings import Settings
from app.sources.startup import open_sources

NOTHING = "/bench/nothing"


async def nothing() -> Response:
    """Answer nothing."""
    return Response()


async def serve(port: int) -> None:
    """Serve until told to stop."""
    settings = Settings.from_environment()
    async with open_sources(settings) as sources:
        app = create_app(settings, sources=sources)
        app.add_api_route(NOTHING, nothing, include_in_schema=False)
        with listen_on("127.0.0.1", port) as door:
            await uvicorn.Server(server_config(app)).serve(sockets=[door])


def main() -> None:
    """Run as `python -m bench.server PORT`, the settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    logs.configure(level=logging.WARNING, as_json=True)
    uvloop.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
