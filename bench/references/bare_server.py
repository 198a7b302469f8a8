"""The reference of the API: a bare Starlette route with asyncpg and orjson, and nothing else."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.reports.churn.scoring import THRESHOLDS, RiskLevel

CONNECTIONS = 10
RISKS_SQL = (Path(__file__).parent / "sql" / "bare_server.sql").read_text("utf-8")


def build(url: str, day: date, envelope: bytes) -> Starlette:
    """Return the route `/risk?academy=&level=&limit=`, whose answers end with `envelope`."""
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            pools.append(pool)
            yield

    async def risk(request: Request) -> Response:
        asked = request.query_params
        academy, limit = int(asked["academy"]), int(asked["limit"])
        async with pools[0].acquire() as connection:
            lowest = THRESHOLDS[RiskLevel(asked["level"])]
            rows = await connection.fetch(RISKS_SQL, academy, day, asked["level"], limit, lowest)
        items = orjson.dumps([dict(row) for row in rows], default=str)
        return Response(b'{"items":' + items + envelope, media_type="application/json")

    return Starlette(routes=[Route("/risk", risk)], lifespan=lifespan)


def main() -> None:
    """Run as `python -m bench.references.bare_server URL DAY PORT ENVELOPE`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("day", type=date.fromisoformat)
    parser.add_argument("port", type=int)
    parser.add_argument("envelope", type=Path)
    given = parser.parse_args()
    app = build(given.url, given.day, given.envelope.read_bytes())
    uvicorn.run(app, port=given.port, log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main()
