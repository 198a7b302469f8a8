"""A simulated academy to measure on: its own server and lake, in a folder that goes away."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import asyncpg
from rich.console import Console
from sqlalchemy import text

from app.demo.imports import fill
from app.demo.plan import SimulationPlan
from app.kit.clock import utc_now
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.startup import open_lake, open_sources

LIVE_SHARE = 1.17
"""So many learners are made up for each that is live on a day."""
FIRST_REPORT = date(2026, 5, 21)
"""The first day that is reported; the month holds twenty before it."""
SMALL_ACADEMY, SMALL_LEARNERS = 9, 1_000
NEVER = "0 0 29 2 *"
FOR_THE_SERVER = 0o755
"""Started by root, the server runs as another user."""
FILLED = "filled.json"
SQL_FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Subscribers with their activity; `settings` are the defaults, in a home of its own."""

    settings: Settings
    sources: Sources
    subscribers: int
    days: int
    console: Console

    def day(self, number: int) -> date:
        """Return a day that can be reported, from 0 to `days` - 1."""
        return FIRST_REPORT + timedelta(days=number)

    async def execute(self, *statements: str) -> None:
        """Run statements by themselves: those that no transaction may hold, too."""
        connection = await asyncpg.connect(self.sources.database.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def script(self, name: str, **values: object) -> None:
        """Run one of our files of SQL."""
        sql = (SQL_FOLDER / f"{name}.sql").read_text("utf-8").format(**values)
        await self.execute(*(part for part in sql.split(";\n") if part.strip()))

    async def newest(self) -> date:
        """Return the newest published day."""
        async with self.sources.database.transaction() as session:
            sql = "SELECT max(report_date) FROM report_days WHERE state = 'PUBLISHED'"
            found: date = (await (await session.connection()).execute(text(sql))).scalar_one()
        return found

    async def count(self, sql: str) -> int:
        """Return the one number that `sql` selects."""
        async with self.sources.database.transaction() as session:
            return int((await (await session.connection()).execute(text(sql))).scalar_one())


@asynccontextmanager
async def world(
    subscribers: int, days: int, *, console: Console, kept: Path | None = None
) -> AsyncIterator[World]:
    """Make up about so many live subscribers with activity for so many report days.

    What is `kept` is used again when it has the same size.
    """
    with tempfile.TemporaryDirectory(prefix="headsup-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, FOR_THE_SERVER)
        home = kept or Path(folder) / "home"
        await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
        settings = Settings(home=home, schedule=NEVER)
        async with open_sources(settings) as sources:
            made = World(
                settings=settings,
                sources=sources,
                subscribers=subscribers,
                days=days,
                console=console,
            )
            await _filled(made)
            yield made


async def _filled(made: World) -> None:
    plan = SimulationPlan(
        learners=round(made.subscribers * LIVE_SHARE),
        days=made.days,
        warmup_days=13,
        last_day=made.day(made.days - 1),
    )
    said = json.dumps({"learners": plan.learners, "days": plan.days})
    mark = made.settings.home / FILLED
    if mark.exists() and mark.read_text("utf-8") == said:
        return
    began = perf_counter()
    database, now = made.sources.database, utc_now()
    lake = open_lake(made.settings, database)
    await fill(plan, database=database, lake=lake, now=now, told=made.console.log)
    await made.script("small_academy", academy=SMALL_ACADEMY, learners=SMALL_LEARNERS)
    mark.write_text(said, "utf-8")
    made.console.log(f"Made up in {perf_counter() - began:.0f} s")
