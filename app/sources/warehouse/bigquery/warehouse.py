"""BigQuery, as reports read it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TypeVar

import pyarrow as pa
from google.api_core.exceptions import ClientError
from google.cloud import bigquery
from google.cloud.bigquery.job import QueryJob
from google.cloud.bigquery_storage import BigQueryReadClient
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock, utc_now
from app.kit.db.engine import Database
from app.kit.errors import AppError, SourceDown
from app.kit.sql import load_sql
from app.sources.warehouse import budget
from app.sources.warehouse.bigquery.access import Access, Address, Limits
from app.sources.warehouse.bigquery.errors import (
    FAILURES,
    PASSING,
    TOO_MANY_BYTES,
    explain,
    reason_of,
)
from app.sources.warehouse.bigquery.jobs import (
    JobRequest,
    config_of,
    done,
    is_of_use,
    name_of,
)
from app.sources.warehouse.bigquery.results import fetch
from app.sources.warehouse.bigquery.tables import columns_in, day_of_partition, is_daily
from app.sources.warehouse.contract import (
    BatchSink,
    Extent,
    Query,
    Usage,
)

TABLE_EXTENT_SQL = load_sql(__package__, "bigquery_extent")
PARTITIONS_SQL = load_sql(__package__, "bigquery_partitions")
MOST_JOBS = 20
MOST_FAILURES = 3
FIRST_PAUSE_SECONDS = 0.5

AnswerT = TypeVar("AnswerT")


class BigQuery:
    """Activity in a table of BigQuery, in either shape.

    A query is one job, named after its run and its content, so that who asks again finds it.
    """

    def __init__(
        self,
        address: Address,
        database: Database,
        *,
        access: Access,
        limits: Limits,
        daily_bytes: int | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.address = address
        self.limits = limits
        self._database = database
        self._access = access
        self._daily_bytes = daily_bytes
        self._clock = clock
        self._lock = Lock()
        self._opened: bigquery.Client | None = None
        self._reading: BigQueryReadClient | None = None
        self._location = access.location

    @property
    def table(self) -> str:
        """The table's name with its project and dataset."""
        return str(self.address)

    async def described(self) -> bigquery.Table:
        """Return what BigQuery says of the table; raise `Unusable` or `SourceDown` if nothing."""
        table = await self.ask(
            lambda client: client.get_table(
                self.table, retry=self.limits.retry, timeout=self.limits.request_seconds
            )
        )
        self._location = self._location or table.location
        return table

    async def columns(self) -> Mapping[str, str]:
        """Map the table's columns to their types, a record's fields by dotted names."""
        return dict(columns_in((await self.described()).schema))

    async def run(self, query: Query, sink: BatchSink) -> Usage:
        """Make the query's job, or find it, and hand its answer to `sink`.

        A job that was found and paid for before counts as no bytes. Raise `BudgetSpent` when the
        day's bytes do not suffice, `Unusable` or `SourceDown` when there is no answer.
        """
        job, was_settled = await self._answered(query)
        with self._explained():
            rows = await fetch(job, sink, self.reader, self.limits)
        if was_settled:
            return Usage(rows=rows, bytes_processed=0, bytes_billed=0)
        return Usage(
            rows=rows,
            bytes_processed=job.total_bytes_processed or 0,
            bytes_billed=job.total_bytes_billed or 0,
        )

    async def estimate(self, query: Query) -> int:
        """Return the bytes that a dry run says the query would process at most."""
        config = config_of(query, self.limits)
        config.dry_run, config.use_query_cache, config.maximum_bytes_billed = True, False, None

        def dry(client: bigquery.Client) -> QueryJob:
            return client.query(
                query.sql,
                job_config=config,
                location=self._location,
                retry=self.limits.retry,
                timeout=self.limits.request_seconds,
            )

        return (await self.ask(dry)).total_bytes_processed or 0

    async def extent(self) -> Extent | None:
        """Return what there is, from what BigQuery knows of the partitions where it has them."""
        table = await self.described()
        if table.num_rows == 0 and table.streaming_buffer is None:
            return None
        found = await self._days(table)
        if found["newest"] is None:
            return None
        return Extent(
            oldest=day_of_partition(found["oldest"]),
            newest=day_of_partition(found["newest"]),
            rows=table.num_rows or int(str(found.get("events", 0))),
        )

    async def one(self, query: Query) -> dict[str, object]:
        """Answer a question that has one row, by names."""
        batches: list[pa.RecordBatch] = []
        await self.run(query, batches.append)
        (row,) = (row for batch in batches for row in batch.to_pylist())
        return dict(row)

    async def ask(self, request: Callable[[bigquery.Client], AnswerT]) -> AnswerT:
        """Make a request in a thread; raise its failure in words."""
        with self._explained():
            return await asyncio.to_thread(lambda: request(self._client()))

    async def forget(self, session: AsyncSession, user_id: int) -> None:
        """Leave the table alone: it is the platform's, which is to be asked to erase as well."""

    async def tidy(self) -> None:
        """Nothing is written there."""

    async def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            opened, self._opened = self._opened, None
            reading, self._reading = self._reading, None
        if opened is not None:
            await asyncio.to_thread(opened.close)
        if reading is not None:
            await asyncio.to_thread(reading.transport.close)

    async def _days(self, table: bigquery.Table) -> dict[str, object]:
        if is_daily(table):
            of_dataset = f"{self.address.project}.{self.address.dataset}"
            partitions = f"{of_dataset}.INFORMATION_SCHEMA.PARTITIONS"
            sql = PARTITIONS_SQL.format(partitions=partitions)
            return await self.one(Query(sql=sql, params={"table": self.address.table}))
        return await self.one(Query(sql=TABLE_EXTENT_SQL.format(table=self.table), params={}))

    async def _answered(self, query: Query) -> tuple[QueryJob, bool]:
        """Return a job that has the answer, and whether it was paid for before.

        Job n+1 is made only when job n is known to have failed, or its answer to be gone.
        """
        name, config = name_of(query), config_of(query, self.limits)
        expected = await self.estimate(query) if self._daily_bytes is not None else 0
        failures = 0
        for n in range(MOST_JOBS):
            asked = JobRequest(
                job_id=f"{name}-{n}", sql=query.sql, config=config, location=self._location
            )
            job, was_settled = await self._paid(asked, query, expected)
            if is_of_use(job, self._clock):
                return job, was_settled
            failure = job.exception()  # type: ignore[no-untyped-call]
            if failure is None or (was_settled and reason_of(failure) in PASSING):
                continue
            failures += 1
            if failures == MOST_FAILURES or reason_of(failure) not in PASSING:
                raise await self._in_words(failure, query) from failure
            await asyncio.sleep(FIRST_PAUSE_SECONDS * failures)
        raise SourceDown(f"All of {MOST_JOBS} jobs named {name} have failed: make a new run.")

    async def _paid(self, asked: JobRequest, query: Query, expected: int) -> tuple[QueryJob, bool]:
        """Return the job at its end, and whether it was settled before."""
        async with self._database.transaction() as session:
            was_settled = await budget.reserve(
                session, asked.job_id, expected, most=self._daily_bytes, now=self._clock()
            )
        try:
            job = await self._done(asked)
        except FAILURES as error:
            if isinstance(error, ClientError) and not was_settled:
                async with self._database.transaction() as session:
                    await budget.release_reservation(session, asked.job_id)
            raise await self._in_words(error, query) from error
        if not was_settled:
            async with self._database.transaction() as session:
                await budget.settle(session, asked.job_id, job.total_bytes_billed or 0)
        return job, was_settled

    async def _done(self, asked: JobRequest) -> QueryJob:
        client = await asyncio.to_thread(self._client)
        return await done(client, asked, self.limits)

    async def _in_words(self, error: BaseException, query: Query) -> AppError:
        estimate = None
        if reason_of(error) == TOO_MANY_BYTES:
            with suppress(AppError):
                estimate = await self.estimate(query)
        return explain(error, self.address, self.limits, location=self._location, estimate=estimate)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise explain(error, self.address, self.limits, location=self._location) from error

    def _client(self) -> bigquery.Client:
        with self._lock:
            if self._opened is None:
                self._opened = self._access.client(self.address.project)
            return self._opened

    def reader(self) -> BigQueryReadClient | None:
        """Return the client of the Storage Read API, if there is one; opening it may block."""
        with self._lock:
            if self._reading is None:
                self._reading = self._access.reader()
            return self._reading
