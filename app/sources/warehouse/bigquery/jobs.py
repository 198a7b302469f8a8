"""Query jobs of BigQuery: made once under a name that anybody can work out again."""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

import structlog
from google.api_core.exceptions import Conflict
from google.cloud import bigquery
from google.cloud.bigquery.job import QueryJob

from app.kit.clock import Clock
from app.sources.warehouse.bigquery.access import Limits
from app.sources.warehouse.bigquery.errors import FAILURES, TookTooLong
from app.sources.warehouse.contract import Param, Query

ANSWER_IS_KEPT = timedelta(hours=20)
"""BigQuery keeps an answer for a day; an older job is no use to who finds it."""
GRACE_SECONDS = 30
"""How long after its own timeout a job may still run before it is cancelled."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
CANCEL_SECONDS = 10
NOT_IN_LABELS = re.compile(r"[^a-z0-9_-]")
MOST_IN_A_LABEL = 63

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """One job to be made, or found again."""

    job_id: str
    sql: str
    config: bigquery.QueryJobConfig
    location: str | None


def name_of(query: Query) -> str:
    """Name a query: the same for the same question of the same run, else a name of its own."""
    run = query.labels.get("run")
    if run is None:
        return f"headsup-{uuid4()}"
    values = {name: str(value) for name, value in sorted(query.params.items())}
    content = json.dumps([query.sql, values]).encode()
    return f"headsup-{label(run)}-{hashlib.sha256(content).hexdigest()[:16]}"


def config_of(query: Query, limits: Limits) -> bigquery.QueryJobConfig:
    """Return how a query is run: bound values, a cap on bytes billed, a timeout, labels."""
    return bigquery.QueryJobConfig(
        query_parameters=[parameter(name, value) for name, value in query.params.items()],
        maximum_bytes_billed=limits.max_bytes_billed,
        job_timeout_ms=int(limits.query_timeout.total_seconds() * 1000),
        labels=labels(query.labels),
    )


def parameter(
    name: str, value: Param
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """Bind a value by its type: TIMESTAMP, INT64, FLOAT64, STRING or ARRAY<INT64>."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bigquery.ArrayQueryParameter(name, "INT64", list(value))
    if isinstance(value, datetime):
        return bigquery.ScalarQueryParameter(name, "TIMESTAMP", value)
    if isinstance(value, str):
        return bigquery.ScalarQueryParameter(name, "STRING", value)
    return bigquery.ScalarQueryParameter(
        name, "FLOAT64" if isinstance(value, float) else "INT64", value
    )


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Turn labels into what BigQuery takes."""
    return {label(name): label(value) for name, value in given.items()}


def label(text: str) -> str:
    """Keep of a text what may stand in a label: 63 of lower case, digits, `_` and `-`."""
    return NOT_IN_LABELS.sub("-", text.lower())[:MOST_IN_A_LABEL]


def is_of_use(job: QueryJob, clock: Clock) -> bool:
    """Whether a job has an answer that can still be fetched."""
    if job.error_result is not None:
        return False
    return job.ended is None or clock() - job.ended < ANSWER_IS_KEPT


async def done(client: bigquery.Client, asked: JobRequest, limits: Limits) -> QueryJob:
    """Make the job, or find the one that is there, and wait for its end, good or bad.

    When cancelled, the job is too.
    """
    starting = asyncio.create_task(asyncio.to_thread(_start, client, asked, limits))
    try:
        job = await asyncio.shield(starting)
        await _ended(job, limits)
    except (asyncio.CancelledError, TookTooLong):
        with suppress(*FAILURES):
            await asyncio.wait([starting], timeout=CANCEL_SECONDS)
            await asyncio.to_thread(_cancel, client, asked, limits)
        raise
    return job


def _start(client: bigquery.Client, asked: JobRequest, limits: Limits) -> QueryJob:
    """Make the job; after a lost answer the second request is told that it exists."""
    try:
        return client.query(
            asked.sql,
            job_config=asked.config,
            job_id=asked.job_id,
            job_retry=None,
            location=asked.location,
            retry=limits.retry,
            timeout=limits.request_seconds,
        )
    except Conflict:
        log.info("job.found", job=asked.job_id)
        found = client.get_job(
            asked.job_id,
            location=asked.location,
            retry=limits.retry_known,
            timeout=limits.request_seconds,
        )
    if not isinstance(found, QueryJob):
        raise TypeError(f"{asked.job_id} is no query")
    return found


async def _ended(job: QueryJob, limits: Limits) -> None:
    deadline = monotonic() + limits.query_timeout.total_seconds() + GRACE_SECONDS
    pause = FIRST_PAUSE
    while not await asyncio.to_thread(job.done, retry=limits.retry, timeout=limits.request_seconds):
        if monotonic() > deadline:
            raise TookTooLong("It had not ended by itself, and was cancelled.")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _cancel(client: bigquery.Client, asked: JobRequest, limits: Limits) -> None:
    client.cancel_job(
        asked.job_id,
        location=asked.location,
        retry=limits.retry.with_timeout(CANCEL_SECONDS),
        timeout=CANCEL_SECONDS,
    )
    log.info("job.cancelled", job=asked.job_id)
