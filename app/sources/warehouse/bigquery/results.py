"""The answer of a query job, batch by batch, in bounded memory."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Lock

import pyarrow as pa
import structlog
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.bigquery.job import QueryJob
from google.cloud.bigquery.table import RowIterator, TableReference
from google.cloud.bigquery_storage import BigQueryReadClient
from google.cloud.bigquery_storage_v1.types import DataFormat, ReadSession
from pyarrow import ipc

from app.kit.errors import SourceDown
from app.kit.plurals import counted
from app.sources.warehouse.bigquery.access import Limits
from app.sources.warehouse.contract import BatchSink

Open = Callable[[], BigQueryReadClient | None]

log = structlog.get_logger()


class ReadStopped(Exception):
    """Nobody waits for the answer any more."""


class Gate:
    """A sink that can be shut: what is read after that goes nowhere."""

    def __init__(self, sink: BatchSink) -> None:
        self.rows = 0
        self._sink = sink
        self._lock = Lock()
        self._is_shut = False

    def take(self, batch: pa.RecordBatch) -> None:
        """Pass a batch on; raise `Stopped` when shut."""
        with self._lock:
            if self._is_shut:
                raise ReadStopped
            self._sink(batch)
            self.rows += batch.num_rows

    def shut(self) -> None:
        """Return when no batch is being passed on; none will be."""
        with self._lock:
            self._is_shut = True


async def fetch(job: QueryJob, sink: BatchSink, open_reader: Open, limits: Limits) -> int:
    """Hand the answer of a job that is done to `sink`; return the rows.

    The Storage Read API is used where it can be, else pages. Raise `SourceDown` when fewer rows
    came than there are.
    """
    gate = Gate(sink)
    try:
        expected = await asyncio.to_thread(_read, job, gate, open_reader, limits)
    except asyncio.CancelledError:
        await asyncio.to_thread(gate.shut)
        raise
    if gate.rows != expected:
        raise SourceDown(f"BigQuery gave {gate.rows:,} of the answer's {counted(expected, 'row')}.")
    return gate.rows


def open_session(
    reader: BigQueryReadClient, table: TableReference, project: str, limits: Limits
) -> ReadSession:
    """Open one stream of the Storage Read API over a table, without reading from it."""
    return reader.create_read_session(
        parent=f"projects/{project}",
        read_session=ReadSession(table=table.to_bqstorage(), data_format=DataFormat.ARROW),
        max_stream_count=1,
        timeout=limits.request_seconds,
    )


def stream(
    reader: BigQueryReadClient, table: TableReference, project: str, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Read a table through one stream of the Storage Read API."""
    seconds = limits.query_timeout.total_seconds()
    session = open_session(reader, table, project, limits)
    schema = ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    for each in session.streams:
        for answer in reader.read_rows(each.name, timeout=seconds):  # type: ignore[no-untyped-call]
            written = answer.arrow_record_batch.serialized_record_batch
            yield ipc.read_record_batch(pa.py_buffer(written), schema)


def _read(job: QueryJob, gate: Gate, open_reader: Open, limits: Limits) -> int:
    rows = job.result(
        page_size=limits.rows_per_page, retry=limits.retry, timeout=limits.request_seconds
    )
    expected = rows.total_rows or 0
    if expected <= limits.rows_per_page or not _streamed(job, gate, open_reader, limits):
        _paged(rows, gate)
    return expected


def _paged(rows: RowIterator, gate: Gate) -> None:
    for batch in rows.to_arrow_iterable():
        gate.take(batch)


def _streamed(job: QueryJob, gate: Gate, open_reader: Open, limits: Limits) -> bool:
    """Return whether the answer could be read so; if not, nothing was passed on."""
    try:
        reader = open_reader()
        if reader is None or job.destination is None:
            return False
        for batch in stream(reader, job.destination, job.project, limits):
            gate.take(batch)
    except (GoogleAPIError, GoogleAuthError) as error:
        if gate.rows:
            raise
        log.warning("storage.refused", error=str(error))
        return False
    return True
