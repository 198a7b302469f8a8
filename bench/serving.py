"""The service as `headsup serve` runs it, with a route beside its own that does nothing."""

import argparse
import logging

import uvicorn
from fastapi import Response

from app.api.app import create_app
from app.kit import logs
from app.settings import Settings

NOTHING = "/bench/nothing"


async def nothing() -> Response:
    """Answer nothing."""
    return Response()


def main() -> None:
    """Run as `python -m bench.serving PORT`, the settings from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    logs.configure(level=logging.WARNING, as_json=True)
    app = create_app(Settings.from_environment())
    app.add_api_route(NOTHING, nothing, include_in_schema=False)
    port = parser.parse_args().port
    uvicorn.run(app, port=port, log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main()
