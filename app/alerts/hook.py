"""Alerts follow every publication."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.evaluation import store
from app.alerts.evaluation.evaluator import evaluate
from app.alerts.registry import alerting_reports, alerts_of
from app.kit.clock import Clock
from app.runs.hooks import Debt, PublicationHook
from app.sources.sources import Sources


class AlertEvaluation(PublicationHook):
    """Opens, follows and ends the episodes of every published day, by each academy's watermark."""

    name = "alerts"

    async def owed(self, session: AsyncSession) -> Sequence[Debt]:
        """Count the published days that no evaluation has seen as they are."""
        found = [await store.owed(session, report_type) for report_type in alerting_reports()]
        return [debt for debt in found if debt is not None]

    async def follow(self, sources: Sources, report_type: str, clock: Clock) -> None:
        """Evaluate them; raise the error of the first academy that could not be evaluated."""
        alerts, database = alerts_of(report_type), sources.database
        await evaluate(database, alerts, None, clock=clock, zone=sources.zone)
