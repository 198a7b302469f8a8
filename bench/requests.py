"""What is asked of the service while it is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import orjson

from app.access import store
from app.access.scopes import Key, Scope
from app.kit.clock import utc_now
from bench.load import Load, fetch, load, request
from bench.processes import free_port, served
from bench.server import NOTHING
from bench.world import World

ACADEMY = 1
LEVEL = "CRITICAL"
LIMIT = 100
YEAR = timedelta(days=364)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server, and the requests that it is asked, each by its name."""

    port: int
    asked: dict[str, bytes]
    seconds: float

    async def load(self, name: str, *, connections: int = 16, status: int = 200) -> Load:
        """Put load on it."""
        asked = self.asked[name]
        return await load(
            self.port, asked, connections=connections, seconds=self.seconds, status=status
        )


@asynccontextmanager
async def service(made: World, day: date, seconds: float) -> AsyncIterator[Target]:
    """Serve a world, whose newest published day is `day`."""
    port = free_port()
    words = ("-m", "bench.server", str(port))
    async with served(words, port, made.settings.environment()):
        key = {"Authorization": f"Bearer {await _key(made)}"}
        user = await made.count(
            "SELECT min(user_id) FROM churn_risk_reports"  # noqa: S608 - our own day
            f" WHERE report_date = '{day}' AND academy_id = {ACADEMY}"
        )
        year = f"date_from={day - YEAR}&date_to={day}"
        paths = {
            "risk": f"/churn/risk?academy={ACADEMY}&level={LEVEL}&limit={LIMIT}",
            "risk of all academies": f"/churn/risk?limit={LIMIT}",
            "summary": f"/churn/summary?date={day}",
            "trend over a year": f"/churn/trend?academy={ACADEMY}&{year}",
            "trend of all academies": f"/churn/trend?{year}",
            "history": f"/churn/risk/{user}?date_from={day.replace(day=1)}&date_to={day}",
            "movers": f"/churn/movers?academy={ACADEMY}",
            "alerts": f"/alerts?academy={ACADEMY}&limit={LIMIT}",
            "nothing": NOTHING,
        }
        asked = {name: request(path, **key) for name, path in paths.items()}
        headers, _ = await fetch(port, asked["risk"])
        asked["unchanged"] = request(paths["risk"], **key, If_None_Match=headers["etag"])
        yield Target(port=port, asked=asked, seconds=seconds)


@asynccontextmanager
async def bare(made: World, day: date, ours: Target) -> AsyncIterator[Target]:
    """Serve the same bytes from the same table by a bare route; raise if they are not the same."""
    port = free_port()
    _, body = await fetch(ours.port, ours.asked["risk"])
    said = orjson.loads(body)
    envelope = made.settings.home / "envelope.json"
    rest = {name: value for name, value in said.items() if name != "items"}
    envelope.write_bytes(b"," + orjson.dumps(rest)[1:])
    words = (
        "-m",
        "bench.references.bare_server",
        made.sources.database.url,
        str(day),
        str(port),
        str(envelope),
    )
    async with served(words, port):
        asked = request(f"/risk?academy={ACADEMY}&level={LEVEL}&limit={LIMIT}")
        _, bare_body = await fetch(port, asked)
        if orjson.loads(bare_body) != said:
            raise RuntimeError("The bare route answers something else")
        yield Target(port=port, asked={"risk": asked}, seconds=ours.seconds)


async def _key(made: World) -> str:
    scopes = frozenset({Scope.REPORTS_READ, Scope.ALERTS_READ})
    wanted = Key(id=UUID(int=0), name="bench", prefix="", scopes=scopes)
    async with made.sources.database.transaction() as session:
        return (await store.issue(session, wanted, created_by="bench", now=utc_now())).token
