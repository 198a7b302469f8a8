"""What is configured, reachable, empty or stale, for the doctor and for readiness."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text

from app.kit.days import day_of
from app.settings import Settings
from app.sources.sources import Sources
from app.sources.subscriptions.store import extent

STALE_AFTER = timedelta(days=2)
COUNTS_SQL = """
SELECT
    (SELECT count(*) FROM academies) AS academies,
    (SELECT count(*) FROM users) AS users,
    (SELECT max(timestamp) FROM telemetry_samples) AS newest_sample,
    current_setting('server_version') AS version
"""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at, and what to do when it is not as it should be."""

    subject: str
    said: str
    level: Level = Level.OK


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Say what is configured; a secret is never part of it."""
    embedded = settings.database_url is None
    yield Finding(
        subject="settings",
        said=f"home {settings.home}, {'embedded' if embedded else 'external'} database,"
        f" warehouse {settings.warehouse}, days in {settings.timezone}",
    )


async def check_sources(sources: Sources, now: datetime) -> AsyncIterator[Finding]:
    """Look at everything that reports read."""
    async with sources.database.transaction() as session:
        counts = (await (await session.connection()).execute(text(COUNTS_SQL))).mappings().one()
    yield Finding(subject="database", said=f"PostgreSQL {counts['version']}, migrations current")
    yield _directory(counts["academies"], counts["users"])
    yield await _subscriptions(sources)
    yield await _activity(sources, now)
    newest = counts["newest_sample"]
    said = f"newest sample {newest:%Y-%m-%d %H:%M} UTC" if newest else "none; two signals missing"
    yield Finding(subject="telemetry", said=said)


def _directory(academies: int, users: int) -> Finding:
    said = f"{academies:,} academies, {users:,} users"
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
        f"{known.subscriptions:,} in {known.versions:,} versions, the newest observed"
        f" {known.newest_observed_at:%Y-%m-%d %H:%M} UTC"
    )
    return Finding(subject="subscriptions", said=said)


async def _activity(sources: Sources, now: datetime) -> Finding:
    found = await sources.warehouse.extent()
    if found is None:
        said = "none: run `headsup import activity FILE`"
        return Finding(subject="activity", said=said, level=Level.WRONG)
    said = f"{found.rows:,} rows from {found.oldest} to {found.newest}"
    if found.newest < day_of(now, sources.zone) - STALE_AFTER:
        said += "; nothing newer has arrived"
        return Finding(subject="activity", said=said, level=Level.WARNING)
    return Finding(subject="activity", said=said)
