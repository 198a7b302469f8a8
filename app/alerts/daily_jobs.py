"""What alerts need once a day."""

from collections.abc import Sequence
from datetime import datetime

from app.alerts.outcomes.outcomes import write_results
from app.kit.days import day_of
from app.runs.execution.maintenance import Chore
from app.sources.sources import Sources


async def _write_results(sources: Sources, now: datetime) -> None:
    today = day_of(now, sources.zone)
    await write_results(sources.database, today=today, zone=sources.zone)


CHORES: Sequence[Chore] = (_write_results,)
