"""Checks whether sources are configured, reachable and fresh, for `doctor` and readiness."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from app.kit.days import day_of
from app.kit.errors import AppError
from app.kit.plurals import counted
from app.settings import Settings, unknown_variables
from app.sources.findings import Finding, Level
from app.sources.sources import Sources
from app.sources.subscriptions.store import extent
from app.sources.warehouse.contract import Warehouse
from app.sources.warehouse.lake.warehouse import Lake

STALE_AFTER = timedelta(days=2)
COUNTS_SQL = """
SELECT
    (SELECT count(*) FROM academies) AS academies,
    (SELECT count(*) FROM users) AS users,
    (SELECT max(timestamp) FROM telemetry_samples) AS newest_sample,
    current_setting('server_version') AS version
"""


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Say what is configured; a secret is never part of it."""
    embedded = settings.database_url is None
    yield Finding(
        subject="settings",
        said=f"home {settings.home}, {'embedded' if embedded else 'external'} database,"
        f" warehouse {settings.warehouse}, days in {settings.timezone}",
    )
    for name in unknown_variables():
        said = "is no setting of this service, and changes nothing: is it misspelt?"
        yield Finding(subject=name, said=said, level=Level.WARNING)


async def check_sources(sources: Sources, now: datetime) -> AsyncIterator[Finding]:
    """Check every source that reports read."""
    async with sources.database.transaction() as session:
        counts = (await (await session.connection()).execute(text(COUNTS_SQL))).mappings().one()
    yield Finding(subject="database", said=f"PostgreSQL {counts['version']}, migrations current")
    yield _directory(counts["academies"], counts["users"])
    yield await _subscriptions(sources)
    async for finding in _warehouse(sources, now):
        yield finding
    newest = counts["newest_sample"]
    said = f"newest sample {newest:%Y-%m-%d %H:%M} UTC" if newest else "none; two signals missing"
    yield Finding(subject="telemetry", said=said)


def _directory(academies: int, users: int) -> Finding:
    said = f"{counted(academies, 'academy', 'academies')}, {counted(users, 'user')}"
    if academies:
        return Finding(subject="directory", said=said)
    said += "; reports show ids until `headsup import academies FILE`"
    return Finding(subject="directory", said=said, level=Level.WARNING)


async def _subscriptions(sources: Sources) -> Finding:
    known = await extent(sources.database)
    if known.subscriptions == 0:
        said = "none: run `headsup import subscriptions FILE`"
        return Finding(subject="subscriptions", said=said, level=Level.WRONG)
    said = (
        f"{known.subscriptions:,} in {counted(known.versions, 'version')}, the newest observed"
        f" {known.newest_observed_at:%Y-%m-%d %H:%M} UTC"
    )
    return Finding(subject="subscriptions", said=said)


async def _warehouse(sources: Sources, now: datetime) -> AsyncIterator[Finding]:
    try:
        yield await _activity(sources, now)
    except AppError as error:
        yield Finding(subject="activity", said=error.message, level=Level.WRONG)
        return
    if isinstance(sources.warehouse, Lake):
        async for finding in _lake(sources.warehouse):
            yield finding
        return
    async for finding in _bigquery(sources.warehouse, now):
        yield finding


async def _lake(lake: Lake) -> AsyncIterator[Finding]:
    lost = await lake.lost()
    if lost:
        said = (
            f"lost or damaged: {len(lost):,} of its files, from {lost[0]} to {lost[-1]};"
            " import that activity again, with --replace-days"
        )
        yield Finding(subject="lake", said=said, level=Level.WRONG)


async def _bigquery(warehouse: Warehouse, now: datetime) -> AsyncIterator[Finding]:
    """Import Google's client only now, as `open_warehouse` does."""
    from app.sources.warehouse.bigquery.warehouse import BigQuery  # noqa: PLC0415
    from app.sources.warehouse.health import check_bigquery  # noqa: PLC0415

    if isinstance(warehouse, BigQuery):
        async for finding in check_bigquery(warehouse, now):
            yield finding


async def _activity(sources: Sources, now: datetime) -> Finding:
    found = await sources.warehouse.extent()
    if found is None:
        said = "none: run `headsup import activity FILE`"
        return Finding(subject="activity", said=said, level=Level.WRONG)
    said = f"{counted(found.rows, 'row')} from {found.oldest} to {found.newest}"
    if found.newest < day_of(now, sources.zone) - STALE_AFTER:
        said += "; nothing newer has arrived"
        return Finding(subject="activity", said=said, level=Level.WARNING)
    return Finding(subject="activity", said=said)
