"""Warehouses that read BigQuery, and sources with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from app.kit.db.engine import Database
from app.runs.execution.creation import Outcome
from app.runs.models import EVERY_ACADEMY, RunDayState
from app.sources.imports import CheckedRows
from app.sources.imports.import_file import FileKind
from app.sources.sources import Sources
from app.sources.warehouse.bigquery.access import Access, Address, Limits
from app.sources.warehouse.bigquery.warehouse import BigQuery
from app.sources.warehouse.contract import Query
from app.sources.warehouse.lake.warehouse import Lake
from tests.sources.bigquery.emulator import Emulator, put_table
from tests.sources.bigquery.fault_proxy import FaultProxy
from tests.support.report_runs import put, sources_of, subscription

LIMITS = Limits(
    max_bytes_billed=1 << 40,
    query_timeout=timedelta(seconds=60),
    request_seconds=60,
    retry_seconds=20,
)


@dataclass(slots=True)
class WarehouseFactory:
    """Makes warehouses whose requests pass `proxy`."""

    shared_emulator: Emulator
    proxy: FaultProxy
    database: Database
    warehouses: list[BigQuery] = field(default_factory=list)

    def __call__(
        self, columns: Mapping[str, str], rows: pa.Table, *, partitioned: bool = True
    ) -> BigQuery:
        """Make a table of these rows, and a warehouse that reads it."""
        endpoint = self.shared_emulator.endpoint
        return self.at(put_table(endpoint, columns, rows, partitioned=partitioned))

    def at(
        self, address: Address, *, limits: Limits = LIMITS, daily_bytes: int | None = None
    ) -> BigQuery:
        """Make a warehouse that reads a table."""
        access = Access(endpoint=self.proxy.endpoint)
        made = BigQuery(
            address, self.database, access=access, limits=limits, daily_bytes=daily_bytes
        )
        self.warehouses.append(made)
        return made


def reading(warehouse: BigQuery, home: Path, database: Database) -> Sources:
    """Sources whose activity is in BigQuery."""
    return replace(sources_of(database, home), warehouse=warehouse)


async def lake_of(database: Database, home: Path, flat: pa.Table) -> Sources:
    """Sources with a lake of these events."""
    sources = sources_of(database, home)
    assert isinstance(sources.warehouse, Lake)
    await sources.warehouse.import_activity(CheckedRows(iter(flat.to_batches()), name="activity"))
    return sources


async def put_subscribers(database: Database, users: int) -> None:
    """Make users of three academies live."""
    rows = [subscription(user, academy_id=user % 3 + 1) for user in range(1, users + 1)]
    await put(database, FileKind.SUBSCRIPTIONS, rows)


def question(warehouse: BigQuery, **labels: str) -> Query:
    """Ask for the events of each user in May."""
    return Query(
        sql="SELECT user_id, COUNT(*) AS events"  # noqa: S608 - our own words
        f" FROM `{warehouse.table}` WHERE timestamp >= @start_at AND timestamp < @end_at"
        " GROUP BY user_id",
        params={
            "start_at": datetime(2026, 5, 1, tzinfo=UTC),
            "end_at": datetime(2026, 6, 1, tzinfo=UTC),
        },
        labels=labels,
    )


async def users_of(warehouse: BigQuery) -> list[tuple[object, ...]]:
    """Read the table's shape, and answer the question."""
    batches: list[pa.RecordBatch] = []
    await warehouse.columns()
    await warehouse.run(question(warehouse), batches.append)
    return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())


def states(outcome: Outcome) -> set[RunDayState]:
    """What became of the academies' days, or of the days that came to no academy."""
    of_academies = {day.state for day in outcome.days if day.academy_id != EVERY_ACADEMY}
    return of_academies or {day.state for day in outcome.days}
