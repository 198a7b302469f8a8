"""The queue that wakes workers: PgQueuer, with one job for each run that is active.

A job carries a run's id and nothing else. What is to be done stands in `report_run_days`, so a job
that is lost, doubled or late does no harm.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job, TracebackRecord
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import QueueEntrypoint, QueueManagerId
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database

ENTRYPOINT = QueueEntrypoint("run")
NOW = timedelta()
QUEUE_CLOSE_SECONDS = 5
WITHOUT_JOB_SQL = text(
    """
    SELECT id FROM report_runs
    WHERE status IN ('PENDING', 'RUNNING') AND NOT EXISTS (
        SELECT FROM pgqueuer
        WHERE dedupe_key = report_runs.id::text AND status IN ('queued', 'picked')
    )
    ORDER BY created_at
    """
)


async def enqueue(session: AsyncSession, run_id: UUID, *, after: timedelta = NOW) -> None:
    """Let a worker see to the run, not before `after` has passed; twice is as good as once.

    The job is written in the session's transaction, by way of SQLAlchemy: a statement sent past it
    could come before its BEGIN.
    """
    connection = await session.connection()
    key = str(run_id)
    values = ([0], [ENTRYPOINT], [key.encode()], [after], [key], ["{}"])
    await connection.exec_driver_sql(QueryQueueBuilder().build_enqueue_query("skip"), values)


async def wake_lost(session: AsyncSession) -> int:
    """Make a job for every active run that has none; return how many there were."""
    connection = await session.connection()
    lost = (await connection.execute(WITHOUT_JOB_SQL)).scalars().all()
    for run_id in lost:
        await enqueue(session, run_id)
    return len(lost)


def run_of(job: Job) -> UUID:
    """Return the run that a job is for."""
    return UUID((job.payload or b"").decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One worker's end of the queue; a job whose worker was silent for `patience` is free again."""

    connection: asyncpg.Connection
    queries: Queries
    patience: timedelta
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    name: QueueManagerId = field(default_factory=lambda: QueueManagerId(uuid4()))

    async def take(self) -> Job | None:
        """Take the next job, if there is one."""
        self.changed.clear()
        limits = EntrypointExecutionParameter(concurrency_limit=0)
        jobs = await self.queries.dequeue(
            batch_size=1,
            entrypoints={ENTRYPOINT: limits},
            queue_manager_id=self.name,
            global_concurrency_limit=None,
            heartbeat_timeout=self.patience,
        )
        return jobs[0] if jobs else None

    @asynccontextmanager
    async def held(self, job: Job) -> AsyncIterator[None]:
        """Give signs of life for a job, so that no other worker takes it."""
        beating = asyncio.create_task(self._beat(job))
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def drop(self, job: Job) -> None:
        """Forget a job whose run has ended."""
        await self.queries.log_jobs([(job, "successful", None)])

    async def put_back(self, job: Job, after: timedelta, error: Exception) -> None:
        """Note that a try of the job failed; it can be taken again when `after` has passed."""
        await self.queries.retry_job(job, after, TracebackRecord.from_exception(error, job.id))

    async def put_last(self, job: Job, after: timedelta = NOW) -> None:
        """Let every other job be taken before this one is again, with no try of it failed."""
        key = str(run_of(job))
        async with self.connection.transaction():
            await self.drop(job)
            await self.queries.enqueue(
                ENTRYPOINT,
                key.encode(),
                execute_after=after,
                dedupe_key=key,
                on_conflict="skip",
            )

    async def _beat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self.patience.total_seconds() / 3)
            await self.queries.update_heartbeat([job.id])


@asynccontextmanager
async def listening(database: Database, patience: timedelta) -> AsyncIterator[Queue]:
    """Open a connection of its own that hears of new jobs."""
    connection = await database.connect()
    try:
        queries = Queries(AsyncpgDriver(connection))
        queue = Queue(connection=connection, queries=queries, patience=patience)
        channel = queries.qbe.settings.channel
        await connection.add_listener(channel, lambda *_: queue.changed.set())
        yield queue
    finally:
        await connection.close(timeout=QUEUE_CLOSE_SECONDS)
