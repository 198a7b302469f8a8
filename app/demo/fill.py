"""Puts a simulated academy where a real one would be: through the same imports."""

from collections.abc import Callable
from datetime import datetime

from app.demo.plan import Plan
from app.demo.simulate import simulate
from app.kit.db import Database
from app.sources.files import Rows
from app.sources.files.staging import load
from app.sources.importing import LOADINGS, Kind
from app.sources.warehouse.lake import Lake

Told = Callable[[str], None]


async def fill(plan: Plan, *, database: Database, lake: Lake, now: datetime, told: Told) -> None:
    """Import everything that `plan` makes up; the same plan twice changes nothing."""
    with simulate(plan) as simulation:
        for kind, batches in (
            (Kind.ACADEMIES, simulation.academies()),
            (Kind.USERS, simulation.users()),
            (Kind.SUBSCRIPTION_HISTORY, simulation.subscription_history()),
            (Kind.TELEMETRY, simulation.telemetry()),
        ):
            async with database.transaction() as session:
                imported = await load(session, Rows(batches, name=kind), LOADINGS[kind], now)
            told(f"{imported.read:,} rows of {kind}")
        imported = await lake.import_activity(Rows(simulation.activity(), name="activity"))
        told(f"{imported.read:,} rows of activity")
