"""Loads simulated academies into the sources, through the same imports as real data."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pyarrow as pa

from app.demo.plan import SimulationPlan
from app.demo.simulation import simulate
from app.kit.db.engine import Database
from app.kit.plurals import counted
from app.sources.imports import CheckedRows, schema_of
from app.sources.imports.import_file import LOADINGS, FileKind, columns_of_kind
from app.sources.imports.staging import load_staged
from app.sources.warehouse.lake.warehouse import Lake

ProgressCallback = Callable[[str], None]


async def fill(
    plan: SimulationPlan,
    *,
    database: Database,
    lake: Lake,
    now: datetime,
    told: ProgressCallback,
) -> None:
    """Import all rows of `plan`; importing the same plan again changes nothing."""
    with simulate(plan) as simulation:
        for kind, batches in (
            (FileKind.ACADEMIES, simulation.academies()),
            (FileKind.USERS, simulation.users()),
            (FileKind.SUBSCRIPTION_HISTORY, simulation.subscription_history()),
            (FileKind.TELEMETRY, simulation.telemetry()),
        ):
            async with database.transaction() as session:
                rows = CheckedRows(_with_all_columns(kind, batches), name=kind)
                imported = await load_staged(session, rows, LOADINGS[kind], now)
            told(f"{counted(imported.read, 'row')} of {kind}")
        imported = await lake.import_activity(CheckedRows(simulation.activity(), name="activity"))
        told(f"{counted(imported.read, 'row')} of activity")


def _with_all_columns(kind: FileKind, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    schema = schema_of(columns_of_kind(kind))
    for batch in batches:
        arrays = [
            batch[field.name].cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
