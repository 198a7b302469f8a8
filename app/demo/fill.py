"""Puts a simulated academy where a real one would be: through the same imports."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pyarrow as pa

from app.demo.plan import Plan
from app.demo.simulate import simulate
from app.kit.db import Database
from app.kit.plurals import counted
from app.sources.files import Rows, schema_of
from app.sources.files.staging import load
from app.sources.importing import LOADINGS, Kind, columns_of
from app.sources.warehouse.lake import Lake

Told = Callable[[str], None]


async def fill(plan: Plan, *, database: Database, lake: Lake, now: datetime, told: Told) -> None:
    """Import everything that `plan` makes up; the same plan twice changes nothing."""
    with simulate(plan) as simulation:
        for kind, batches in (
            (Kind.ACADEMIES, simulation.academies()),
            (Kind.USERS, simulation.users()),
            (Kind.SUBSCRIPTION_HISTORY, simulation.subscription_history()),
            (Kind.TELEMETRY, simulation.telemetry()),
        ):
            async with database.transaction() as session:
                rows = Rows(_with_all_columns(kind, batches), name=kind)
                imported = await load(session, rows, LOADINGS[kind], now)
            told(f"{counted(imported.read, 'row')} of {kind}")
        imported = await lake.import_activity(Rows(simulation.activity(), name="activity"))
        told(f"{counted(imported.read, 'row')} of activity")


def _with_all_columns(kind: Kind, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    schema = schema_of(columns_of(kind))
    for batch in batches:
        arrays = [
            batch[field.name].cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
