"""The renewals report: it rests on subscriptions alone, so it has no query and no gate."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date

import polars as pl
from app.reports.renewals.api.requests import RenewalSort
from app.reports.renewals.models import Renewal, RenewalDaySummary
from app.reports.renewals.renewals import renewals_of, summarize

from app.kit.days import end_of
from app.runs.contract import Academies, BaseReport, Fetched, Processed
from app.runs.execution.failures import computed
from app.runs.ledger.tables import ReportTable
from app.sources.directory import erasure
from app.sources.subscriptions.live_subscribers import subscribers_on
from app.sources.subscriptions.store import versions_as_of


class RenewalReport(BaseReport):
    """When the subscription of every learner renews."""

    report_type = "renewals"
    title = "Upcoming renewals"
    description = "Whose subscription renews soon, and for how much: read the published days."
    version = 1
    tables = (
        ReportTable(model=Renewal),
        ReportTable(model=RenewalDaySummary, derive=summarize),
    )
    filters = ("user", "soon")
    sort_keys = tuple(RenewalSort)

    @asynccontextmanager
    async def fetch_data(
        self,
        days: Sequence[date],
        academies: Academies,
        labels: Mapping[str, str],  # noqa: ARG002 - for queries to the warehouse
    ) -> AsyncIterator[Fetched]:
        """Read nothing ahead: `process_data` reads the subscriptions of its day."""
        yield Fetched(days=days, academies=academies)

    async def process_data(self, fetched: Fetched, day: date) -> Processed:
        """Compute the rows of `day` from the subscriptions as they were known at its end."""
        database, zone = self.sources.database, self.sources.zone
        async with database.transaction() as session:
            erased = await erasure.count_erased(session)
        versions = await versions_as_of(database, end_of(day, zone), fetched.academies)

        def renewals(of: pl.DataFrame) -> pl.DataFrame:
            return renewals_of(subscribers_on(of, day, zone), day)

        rows, failed = await to_thread(computed, versions, renewals)
        return Processed(day=day, tables={self.tables[0].name: rows}, erased=erased, failed=failed)
