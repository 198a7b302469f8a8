"""Says what a run would do and cost, without executing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.runs.contract import Academies, BaseReport
from app.runs.execution.request import RunRequest, split
from app.runs.ledger import ledger
from app.runs.registry import report_named
from app.sources.sources import Sources

MAX_CHUNK_DAYS = 31
MAX_CHUNK_ROWS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """The days of a run, in chunks of one scan each, and the bytes that these would read."""

    days: Sequence[date]
    chunks: Sequence[Sequence[date]]
    states: dict[str, int]
    bytes_processed: int


async def plan(request: RunRequest, sources: Sources) -> RunPlan:
    """Ask the ledger which days a run would have, and the warehouse what they would cost."""
    report = report_named(request.report_type)(sources)
    async with sources.database.transaction() as session:
        days = await ledger.days_to_run(session, request)
        states = await ledger.count_states(session, request)
    chunks = list(split(days, await chunk_days(report, request.day_to, request.academies)))
    queries = [await report.query(chunk, {}) for chunk in chunks]
    estimates = [await sources.warehouse.estimate(query) for query in queries if query is not None]
    return RunPlan(days=days, chunks=chunks, states=states, bytes_processed=sum(estimates))


async def chunk_days(report: BaseReport, last: date, academies: Academies) -> int:
    """Return how many days one scan may serve: fewer, the more subscribers there are."""
    rows = max(await report.live_count(last, academies), 1)
    return min(MAX_CHUNK_DAYS, max(MAX_CHUNK_ROWS // rows, 1))
