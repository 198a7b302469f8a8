"""What `/metrics` says, computed from the tables: every replica tells the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import end_of
from app.runs.hooks import Hooks
from app.runs.monitoring import health
from app.runs.registry import reports
from app.sources.sources import Sources

SPAN = timedelta(days=14)
ENDED_WITHIN = timedelta(days=1)

DAY_STATES_SQL = text(
    """
    SELECT report_type, state, count(*) FROM report_days
    WHERE report_date >= :since AND (state = 'ERROR' OR (state = 'HELD' AND academy_id <> 0))
    GROUP BY report_type, state
    """
)
RUNS_SQL = text(
    """
    SELECT report_type, status, count(*) FROM report_runs
    WHERE finished_at IS NULL OR finished_at >= :since
    GROUP BY report_type, status
    """
)
BYTES_SQL = text("SELECT report_type, bytes_processed, bytes_billed FROM report_usage")
AT_WORK_SQL = text(
    """
    SELECT report_type,
        coalesce(extract(epoch FROM :now - min(created_at)), 0),
        count(*) FILTER (
            WHERE heartbeat_at < clock_timestamp() - CAST(:stale_after AS interval)
                AND worker IS NOT NULL),
        coalesce(max(tries), 0)
    FROM report_runs
    CROSS JOIN LATERAL (
        SELECT max(tries) AS tries FROM report_run_days
        WHERE run_id = report_runs.id AND state IN ('PENDING', 'RUNNING')
    ) AS open_days
    WHERE status IN ('PENDING', 'RUNNING') GROUP BY report_type
    """
)
JOBS_SQL = text("SELECT status::text, count(*) FROM pgqueuer GROUP BY status")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StateCollector(Collector):
    """How everything stands at one moment; label values are reports, states and statuses."""

    ages: Sequence[tuple[str, float]]
    days: Sequence[Row[str, str, int]]
    runs: Sequence[Row[str, str, int]]
    spent: Mapping[str, tuple[int, int]]
    at_work: Sequence[Row[str, float, int, int]]
    jobs: Sequence[Row[str, int]]

    def collect(self) -> Iterable[Metric]:
        """Give the families of metrics."""
        yield _gauge(
            "headsup_newest_published_day_age_seconds",
            "Since the end of the newest day of a report that any academy has published.",
            ["report"],
            (([report], age) for report, age in self.ages),
        )
        yield _gauge(
            "headsup_unpublished_days",
            "Academies' days of the last 14 that are held, and whole days that failed.",
            ["report", "state"],
            (([report, state], count) for report, state, count in self.days),
        )
        yield _gauge(
            "headsup_runs",
            "Runs by status: those that are active, and those that ended in the last 24 hours.",
            ["report", "status"],
            (([report, status], count) for report, status, count in self.runs),
        )
        yield from self._at_work()
        yield from self._bytes()
        yield _gauge(
            "headsup_queue_jobs",
            "Jobs in the queue.",
            ["status"],
            (([status], count) for status, count in self.jobs),
        )

    def _at_work(self) -> Iterator[Metric]:
        for place, name, said in (
            (1, "headsup_oldest_active_run_seconds", "Since the oldest active run was asked for."),
            (2, "headsup_silent_runs", "Runs whose worker has been silent for too long."),
            (3, "headsup_most_attempts", "How often the most tried day of active runs was begun."),
        ):
            samples = (([row[0]], float(row[place])) for row in self.at_work)
            yield _gauge(name, said, ["report"], samples)

    def _bytes(self) -> Iterator[Metric]:
        for place, name in enumerate(("processed", "billed")):
            said = f"Bytes {name} by all runs, and by questions for the volume of held days."
            family = CounterMetricFamily(f"headsup_warehouse_bytes_{name}", said, labels=["report"])
            for report_type, spent in self.spent.items():
                family.add_metric([report_type], float(spent[place]))
            yield family


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Owed(Collector):
    """For how many seconds each hook has owed something for each report."""

    seconds: Sequence[tuple[Sequence[str], float]]

    def collect(self) -> Iterable[Metric]:
        """Give the one family of metrics."""
        yield _gauge(
            "headsup_owed_seconds",
            "Since the first publication that a hook has not followed; 0 when all are.",
            ["report", "hook"],
            self.seconds,
        )


async def owed_by(session: AsyncSession, hooks: Hooks, now: datetime) -> Owed:
    """Read what each hook owes."""
    seconds = []
    for hook in hooks:
        since = {debt.report_type: debt.since for debt in await hook.owed(session)}
        for report_type in reports():
            age = now - since.get(report_type, now)
            seconds.append(((report_type, hook.name), age.total_seconds()))
    return Owed(seconds=seconds)


async def standing(
    session: AsyncSession, sources: Sources, now: datetime, *, stale_after: timedelta
) -> StateCollector:
    """Read how everything stands."""
    connection = await session.connection()
    since = {"since": (now - SPAN).date()}
    active = {"now": now, "stale_after": stale_after}
    bytes_of = await connection.execute(BYTES_SQL)
    spent = {report_type: (processed, billed) for report_type, processed, billed in bytes_of}
    ages = []
    for report_type in reports():
        newest = await health.newest_published(session, report_type)
        if newest is not None:
            ages.append((report_type, (now - end_of(newest, sources.zone)).total_seconds()))
    return StateCollector(
        ages=ages,
        days=(await connection.execute(DAY_STATES_SQL, since)).all(),
        runs=(await connection.execute(RUNS_SQL, {"since": now - ENDED_WITHIN})).all(),
        spent=dict.fromkeys(reports(), (0, 0)) | spent,
        at_work=(await connection.execute(AT_WORK_SQL, active)).all(),
        jobs=(await connection.execute(JOBS_SQL)).all(),
    )


def _gauge(
    name: str, said: str, labels: Sequence[str], samples: Iterable[tuple[Sequence[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
