"""The work that alerts add to the service's own: after each publication, and once a day."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.evaluation import store
from app.alerts.evaluation.evaluator import evaluate
from app.alerts.outcomes.outcomes import write_results
from app.alerts.registry import alert_source, alert_sources
from app.kit.clock import Clock
from app.kit.days import day_of
from app.runs.execution.maintenance import Chore
from app.runs.hooks import Debt, PublicationHook
from app.sources.sources import Sources


class AlertEvaluation(PublicationHook):
    """Evaluates every published day that lies after the watermark of its academy."""

    name = "alerts"

    async def owed(self, session: AsyncSession) -> Sequence[Debt]:
        """Count the published days whose current revision has not been evaluated."""
        found = [
            await store.evaluation_debt(session, report_type) for report_type in alert_sources()
        ]
        return [debt for debt in found if debt is not None]

    async def follow(self, sources: Sources, report_type: str, clock: Clock) -> None:
        """Evaluate them; raise the error of the first academy that could not be evaluated."""
        source, database = alert_source(report_type), sources.database
        await evaluate(database, source, None, clock=clock, zone=sources.zone)


async def write_all_results(sources: Sources, now: datetime) -> None:
    """Write the results of every report's alerts whose result days are over."""
    today = day_of(now, sources.zone)
    for source in alert_sources().values():
        await write_results(sources.database, source, today=today, zone=sources.zone)


CHORES: Sequence[Chore] = (write_all_results,)
