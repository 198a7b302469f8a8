"""The churn report: reads activity and subscriptions, and scores them with pure functions."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.evaluation.evaluator import preview_day
from app.alerts.evaluation.store import DueEvaluation
from app.kit.days import end_of, number_of
from app.kit.errors import SourceDown
from app.kit.http.cursors import PAGE_PARAMETERS
from app.kit.sql import load_sql
from app.reports.churn.alerts import alerts
from app.reports.churn.api.requests import RiskQuery, RiskSort
from app.reports.churn.columns import as_listed
from app.reports.churn.console import compare, console_tables
from app.reports.churn.daily_summary import active_by_day, summarize
from app.reports.churn.inputs import Ahead, count_active, reading_ahead
from app.reports.churn.list_spec import details_of
from app.reports.churn.models import ChurnDaySummary, ChurnRiskReport
from app.reports.churn.scoring import SCORING_VERSION, WINDOW_DAYS, score
from app.runs.contract import (
    Academies,
    BaseReport,
    Fetched,
    Processed,
    TextTable,
    Volume,
)
from app.runs.execution.failures import computed
from app.runs.ledger.quality_gate import GateDecision, VolumePolicy
from app.runs.ledger.tables import ReportTable
from app.sources.subscriptions.store import live_count
from app.sources.warehouse.activity import scan_params, with_activity
from app.sources.warehouse.contract import Query
from app.sources.warehouse.spool import spool_days

FEATURES_SQL = load_sql(__package__, "features")
EXPORT_SQL = load_sql(__package__, "export").format(details=details_of("r"))

NOT_FILTERS = {"sort", "details", *PAGE_PARAMETERS}
NO_ACTIVITY = (
    "The warehouse holds no activity at all, and everybody would look gone. Bring some, for the"
    " lake with `headsup import activity FILE`."
)
SCHEMA = pa.schema(
    [
        (name, pa.int64())
        for name in (
            "user_id",
            "active_days",
            "login_count_7d",
            "login_count_prior_7d",
            "assignments_completed_7d",
            "assignments_completed_prior_7d",
        )
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features(Fetched):
    """The activity of the days fetched: `folder` has one Arrow file a day, by its number.

    What is read of Postgres for a day is read `ahead`: while the scan or the day before is busy.
    """

    folder: Path
    ahead: Ahead

    def of(self, day: date) -> pl.DataFrame:
        """Return one day's features, a row for each user who was active in its window."""
        return pl.read_ipc(self.folder / f"{number_of(day)}.arrow")


class ChurnReport(BaseReport):
    """How likely every live subscriber of an academy is to leave, each day."""

    report_type = "churn"
    title = "Churn risk"
    description = "Who is about to leave, and why: read the published days."
    version = SCORING_VERSION
    tables = (
        ReportTable(model=ChurnRiskReport, stored_order=as_listed),
        ReportTable(model=ChurnDaySummary, derive=summarize),
    )
    window_days = WINDOW_DAYS - 1
    gate = VolumePolicy(mean_days=WINDOW_DAYS - 1)
    export_sql = EXPORT_SQL
    filters = tuple(name for name in RiskQuery.model_fields if name not in NOT_FILTERS)
    sort_keys = tuple(RiskSort)

    @asynccontextmanager
    async def fetch_data(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> AsyncIterator[Features]:
        """Scan the activity of all `days` once, into one Arrow file a day."""
        query = await self.query(days, labels)
        warehouse, spool = self.sources.warehouse, self.sources.spool / "scans"
        async with (
            reading_ahead(self.sources, days, academies) as ahead,
            spool_days(warehouse, query, days, SCHEMA, spool) as (folder, usage),
        ):
            if usage.rows == 0 and await warehouse.extent() is None:
                raise SourceDown(NO_ACTIVITY)
            yield Features(days=days, academies=academies, usage=usage, folder=folder, ahead=ahead)

    async def query(self, days: Sequence[date], labels: Mapping[str, str]) -> Query:
        """Return the one question that is asked of the warehouse for `days`."""
        warehouse = self.sources.warehouse
        sql = with_activity(await warehouse.columns(), warehouse.table, FEATURES_SQL)
        params = scan_params(days, self.sources.zone)
        return Query(sql=sql, params=params, labels=labels)

    async def count_active(
        self, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
    ) -> Volume:
        """Count who was active on each of `days`, as `process_data` would."""
        return await count_active(self.sources, days, academies, labels)

    async def process_data(self, fetched: Fetched, day: date) -> Processed:
        """Score who was live on `day`, as its run would have seen them."""
        if not isinstance(fetched, Features):
            raise TypeError(fetched)
        known = await fetched.ahead.of(day)

        def scored() -> Processed:
            activity = fetched.of(day)
            subscribers = known.subscribers
            score_all = partial(score, activity=activity, telemetry=known.telemetry, day=day)
            rows, failed = computed(subscribers, score_all)
            counts = active_by_day(subscribers, activity).filter(
                ~pl.col("academy_id").is_in(list(failed))
            )
            return Processed(
                day=day,
                tables={self.tables[0].name: rows},
                active_by_day=dict(counts.iter_rows()),
                erased=known.erased,
                failed={**known.failed, **failed},
            )

        return await to_thread(scored)

    async def preview(
        self,
        session: AsyncSession,
        processed: Processed,
        academy_id: int,
        *,
        judgement: GateDecision,
        now: datetime,
    ) -> dict[str, object]:
        """Count the levels, those that would change, and the alerts that would open and close."""
        columns = (col(ChurnRiskReport.user_id), col(ChurnRiskReport.risk_level))
        stored = await session.exec(
            select(*columns).where(
                col(ChurnRiskReport.report_date) == processed.day,
                col(ChurnRiskReport.academy_id) == academy_id,
            )
        )
        rows = processed.rows_of(academy_id)
        planned_day = DueEvaluation.of(processed.day, academy_id, is_reliable=judgement.is_reliable)
        read_conditions = partial(alerts.conditions_of, rows)
        counts = await preview_day(
            session, self.sources.database, alerts, planned_day, read_conditions, now=now
        )
        return compare(rows, stored.all()) | {"alerts": counts}

    async def console_tables(
        self, session: AsyncSession, day: date, academies: Academies
    ) -> Sequence[TextTable]:
        """Return the levels of each academy and the riskiest subscribers of a day."""
        return await console_tables(session, day, academies)

    async def live_count(self, day: date, academies: Academies) -> int:
        """Return about how many subscribers are live on `day`."""
        ends_at = end_of(day, self.sources.zone)
        return await live_count(self.sources.database, ends_at, academies)
