"""Answers through the Storage Read API, and through pages where that is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import grpc  # type: ignore[import-untyped]
import pyarrow as pa
import pytest
from google.cloud.bigquery import TableReference
from google.cloud.bigquery_storage import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)

from app.kit.db.engine import Database
from app.sources.warehouse.bigquery.access import Access
from app.sources.warehouse.bigquery.results import Gate, ReadStopped, stream
from app.sources.warehouse.bigquery.warehouse import BigQuery
from tests.sources.bigquery.emulator import Emulator, put_table
from tests.sources.bigquery.events import flat_events
from tests.sources.bigquery.warehouse_factory import LIMITS, users_of
from tests.support.lake import FLAT


@dataclass(frozen=True, slots=True, kw_only=True)
class WithReader(Access):
    """Access to an emulator with its Storage Read API."""

    storage: BigQueryReadClient

    def reader(self) -> BigQueryReadClient:
        """Return the emulator's."""
        return self.storage


@pytest.fixture
def storage(shared_emulator: Emulator) -> Iterator[BigQueryReadClient]:
    channel = grpc.insecure_channel(f"127.0.0.1:{shared_emulator.grpc}")
    transport = BigQueryReadGrpcTransport(channel=channel)
    yield BigQueryReadClient(transport=transport)  # type: ignore[no-untyped-call]
    channel.close()


def test_a_table_comes_through_one_stream_as_it_is(
    shared_emulator: Emulator, storage: BigQueryReadClient
) -> None:
    flat = flat_events(20_000, 300)
    address = put_table(shared_emulator.endpoint, FLAT, flat)
    table = TableReference.from_string(str(address))

    batches = list(stream(storage, table, address.project, LIMITS))

    read = pa.Table.from_batches(batches).select(flat.schema.names).cast(flat.schema)
    assert read.sort_by([("id", "ascending")]).equals(flat.sort_by([("id", "ascending")]))


async def test_an_answer_that_cannot_be_streamed_comes_in_pages(
    shared_emulator: Emulator, storage: BigQueryReadClient, database: Database
) -> None:
    address = put_table(shared_emulator.endpoint, FLAT, flat_events(400, 20))
    access = WithReader(endpoint=shared_emulator.endpoint, storage=storage)
    small = replace(LIMITS, rows_per_page=7)
    paged = BigQuery(address, database, access=access, limits=small)
    whole = BigQuery(address, database, access=access, limits=LIMITS)

    answered = await users_of(paged)

    assert len(answered) == 20
    assert answered == await users_of(whole)
    for warehouse in (paged, whole):
        await warehouse.close()


def test_nothing_passes_a_gate_that_is_shut() -> None:
    passed: list[pa.RecordBatch] = []
    gate = Gate(passed.append)
    batch = pa.record_batch({"n": [1, 2]})
    gate.take(batch)

    gate.shut()

    with pytest.raises(ReadStopped):
        gate.take(batch)
    assert (passed, gate.rows) == ([batch], 2)
