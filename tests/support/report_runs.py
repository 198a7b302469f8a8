"""Report runs in this process, the rows they read and the rows they leave."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from app.hooks import HOOKS
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.reports.churn.report import EXPORT_SQL
from app.runs.execution.context import WorkerContext
from app.runs.execution.creation import Outcome, request_run, see_through
from app.runs.execution.request import RunRequest
from app.runs.models import Origin
from app.runs.store import Asker
from app.sources.imports import (
    ACTIVITY_COLUMNS,
    CheckedRows,
    Imported,
    schema_of,
)
from app.sources.imports.import_file import LOADINGS, FileKind, columns_of_kind
from app.sources.imports.staging import load_staged
from app.sources.sources import Sources
from app.sources.warehouse.lake.warehouse import Lake

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
ASKER = Asker(origin=Origin.COMMAND, name="tester")


def sources_of(database: Database, home: Path, zone: str = "UTC") -> Sources:
    """Sources with a lake in `home`."""
    lake = Lake(home, database, memory="256MB", threads=1)
    return Sources(database=database, warehouse=lake, zone=ZoneInfo(zone), spool=home / "spool")


def worker_context(sources: Sources, **changes: object) -> WorkerContext:
    """A worker whose clock stands still."""
    values: dict[str, object] = {
        "sources": sources,
        "clock": lambda: NOW,
        "heartbeat": timedelta(seconds=60),
        "min_volume_ratio": 0.2,
        "hooks": HOOKS,
        **changes,
    }
    return WorkerContext(**values)  # type: ignore[arg-type]


async def run_days(
    sources: Sources, first: date, last: date, *, at: datetime = NOW, **changes: object
) -> Outcome:
    """Run the churn report for some days, and see it through."""
    request = RunRequest(report_type="churn", day_from=first, day_to=last, **changes)  # type: ignore[arg-type]
    workshop = worker_context(sources, clock=lambda: at)
    run, _ = await request_run(request, ASKER, workshop)
    return await see_through(run.id, workshop)


async def exported(sources: Sources, first: date, last: date) -> pl.DataFrame:
    """What an export has, but for the run ids."""
    rows = await read_frame(sources.database, EXPORT_SQL, [first, last, None])
    return rows.drop("run_id")


def batch_of(kind: FileKind, rows: Sequence[dict[str, object]]) -> pa.RecordBatch:
    """Readable rows as a batch of an import; a column that is not named is NULL."""
    columns = ACTIVITY_COLUMNS if kind is FileKind.ACTIVITY else columns_of_kind(kind)
    return pa.RecordBatch.from_pylist(list(rows), schema=schema_of(columns))


async def put(database: Database, kind: FileKind, rows: Sequence[dict[str, object]]) -> Imported:
    """Import readable rows."""
    batches = CheckedRows(iter([batch_of(kind, rows)]), name=kind)
    async with database.transaction() as session:
        return await load_staged(session, batches, LOADINGS[kind], NOW)


async def put_activity(
    sources: Sources, rows: Sequence[dict[str, object]], *, replace: bool = False
) -> Imported:
    """Import readable events into the lake."""
    lake = sources.warehouse
    assert isinstance(lake, Lake)
    batches = CheckedRows(iter([batch_of(FileKind.ACTIVITY, rows)]), name="activity")
    return await lake.import_activity(batches, replace=replace)


def event(user_id: int, timestamp: datetime, **changes: object) -> dict[str, object]:
    """A login."""
    return {
        "id": f"{user_id}-{timestamp.isoformat()}",
        "user_id": user_id,
        "kind": "login",
        "timestamp": timestamp,
        "academy_id": 1,
        **changes,
    }


def subscription(user_id: int, **changes: object) -> dict[str, object]:
    """A paying subscriber of academy 1 since long."""
    return {
        "id": f"s{user_id}",
        "user_id": user_id,
        "academy_id": 1,
        "status": "ACTIVE",
        "started_at": datetime(2025, 1, 1, tzinfo=UTC),
        **changes,
    }
