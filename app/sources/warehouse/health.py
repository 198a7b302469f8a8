"""Whether a table of BigQuery is as it should be, and this account may read it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery

from app.kit.errors import AppError
from app.kit.plurals import counted
from app.kit.sql import load_sql
from app.sources.findings import Finding, Level
from app.sources.warehouse.activity import activity_cte
from app.sources.warehouse.bigquery.errors import DATA_VIEWER, READER
from app.sources.warehouse.bigquery.results import open_session
from app.sources.warehouse.bigquery.tables import columns_in, is_daily
from app.sources.warehouse.bigquery.warehouse import BigQuery
from app.sources.warehouse.contract import Query

HEALTH_SQL = load_sql(__package__, "bigquery_health")
MAX_SCANNED_BYTES = 10 << 30
"""The doctor's question reads no more than this."""
LAST = timedelta(days=1)
FUTURE_LIMIT = timedelta(days=366)
MICROSECOND = timedelta(microseconds=1)
EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
MANY_REPEATS, MANY_WITHOUT_ACADEMY = 0.05, 0.5
PERMISSIONS = ["bigquery.tables.get", "bigquery.tables.getData"]


async def check_bigquery(warehouse: BigQuery, now: datetime) -> AsyncIterator[Finding]:
    """Look at the roles, the table's partitions and clusters, and the events of the last day."""
    try:
        table = await warehouse.described()
        yield await _roles(warehouse)
        for finding in _layout(table):
            yield finding
        yield await _stream(warehouse, table)
        async for finding in _events(warehouse, table, now):
            yield finding
    except AppError as error:
        yield Finding(subject="bigquery", said=error.message, level=Level.WRONG)


async def _roles(warehouse: BigQuery) -> Finding:
    address, limits = warehouse.address, warehouse.limits

    def granted(client: bigquery.Client) -> set[str]:
        found = client.test_iam_permissions(
            str(address), PERMISSIONS, retry=limits.retry, timeout=limits.request_seconds
        )
        return set(found.get("permissions", ()))

    held = await warehouse.ask(granted)
    missing = [each for each in PERMISSIONS if each not in held]
    if not missing:
        return Finding(subject="bigquery roles", said=f"may read {address}")
    role = DATA_VIEWER.format(dataset=f"{address.project}.{address.dataset}")
    said = f"lacks {', '.join(missing)} on {address}: grant {role}"
    return Finding(subject="bigquery roles", said=said, level=Level.WRONG)


def _layout(table: bigquery.Table) -> Iterator[Finding]:
    if is_daily(table):
        yield Finding(subject="bigquery partitions", said="one a day of timestamp")
    else:
        said = "not partitioned by the day of timestamp: every run reads, and pays for, all of it"
        yield Finding(subject="bigquery partitions", said=said, level=Level.WARNING)
    clustered = table.clustering_fields or []
    if clustered[:1] == ["user_id"]:
        yield Finding(subject="bigquery clusters", said="by user_id")
    else:
        said = f"by {', '.join(clustered) or 'nothing'}; by user_id, one learner is found cheaply"
        yield Finding(subject="bigquery clusters", said=said, level=Level.WARNING)


async def _stream(warehouse: BigQuery, table: bigquery.Table) -> Finding:
    """Open a stream without reading from it."""
    address, limits = warehouse.address, warehouse.limits

    def opened() -> bool:
        reader = warehouse.reader()
        if reader is None:
            return False
        open_session(reader, table.reference, address.project, limits)
        return True

    subject = "bigquery storage"
    try:
        used = await asyncio.to_thread(opened)
    except GoogleAPIError as error:
        said = f"answers come in pages, which is slower: grant {READER} ({error})"
        return Finding(
            subject=subject, said=said.format(project=address.project), level=Level.WARNING
        )
    return Finding(subject=subject, said="streams" if used else "not used with a stand-in")


async def _events(
    warehouse: BigQuery, table: bigquery.Table, now: datetime
) -> AsyncIterator[Finding]:
    events = activity_cte(dict(columns_in(table.schema)), warehouse.table)
    query = Query(
        sql=f"WITH activity AS (\n{events}\n)\n{HEALTH_SQL}",
        params={"start_at": now - LAST, "end_at": now + FUTURE_LIMIT, "now": now},
    )
    expected = await warehouse.estimate(query)
    if expected > MAX_SCANNED_BYTES:
        said = f"the last day is not looked at: that would read {counted(expected, 'byte')}"
        yield Finding(subject="bigquery events", said=said, level=Level.WARNING)
        return
    for finding in _told(await warehouse.one(query)):
        yield finding


def _told(row: Mapping[str, object]) -> Iterator[Finding]:
    events, repeats, without, ahead = (
        int(str(row[name])) for name in ("events", "repeats", "without_academy", "ahead")
    )
    newest = row["newest_micros"]
    if newest is None:
        said = "none in the last day: is the writer running?"
        yield Finding(subject="bigquery events", said=said, level=Level.WARNING)
        return
    at = EPOCH_INSTANT + int(str(newest)) * MICROSECOND
    said = f"{events - ahead:,} in the last day, the newest at {at:%Y-%m-%d %H:%M} UTC"
    yield Finding(subject="bigquery events", said=said)
    yield _share("bigquery clocks", ahead, events, most=0, said="in the future")
    yield _share("bigquery repeats", repeats, events, most=MANY_REPEATS, said="written again")
    yield _share(
        "bigquery academies", without, events, most=MANY_WITHOUT_ACADEMY, said="without academy"
    )


def _share(subject: str, found: int, events: int, *, most: float, said: str) -> Finding:
    share = found / events
    level = Level.WARNING if share > most else Level.OK
    return Finding(subject=subject, said=f"{share:.1%} of the events are {said}", level=level)
