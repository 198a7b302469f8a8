"""Small simulated academies whose last day is yesterday, as processes of the service see it."""

from datetime import date, timedelta
from pathlib import Path

from app.demo.imports import fill
from app.demo.plan import SimulationPlan
from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.sources.sources import Sources
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.report_runs import sources_of

LEARNERS = 300


def yesterday() -> date:
    """Return the newest day that may be reported on."""
    return (utc_now() - timedelta(days=1)).date()


async def simulated_sources(database: Database, home: Path, *, days: int) -> Sources:
    """Sources of two academies that were lively for some days."""
    sources = sources_of(database, home)
    plan = SimulationPlan(last_day=yesterday(), learners=LEARNERS, days=days, academies=2)
    lake = sources.warehouse
    assert isinstance(lake, Lake)
    await fill(plan, database=database, lake=lake, now=utc_now(), told=lambda _: None)
    return sources
