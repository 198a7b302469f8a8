"""Takes over what changed on the platform: all of it, or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.locks import try_hold_lock
from app.kit.errors import Conflict
from app.kit.sql import load_sql
from app.sources.directory.imports import ACADEMY_IMPORT, USER_IMPORT
from app.sources.imports import CheckedRows, Imported
from app.sources.imports.staging import Loading, load_staged
from app.sources.platform import deletions, sync_state
from app.sources.platform.connection import Platform
from app.sources.platform.queries import PLATFORM_SUBSCRIPTION_COLUMNS
from app.sources.platform.reader import PlatformReader, PlatformRows
from app.sources.platform.snapshot import PlatformSnapshot
from app.sources.platform.spool import Spools
from app.sources.subscriptions.imports import SUBSCRIPTION_IMPORT
from app.sources.subscriptions.statuses import load_status_sql
from app.sources.telemetry.imports import TELEMETRY_IMPORT

OVERLAP = timedelta(hours=1)
"""What was stamped so long before it was committed is still read by the next sync."""
SYNC_LOCK = "platform/sync"
OF_THE_PLATFORM = replace(
    SUBSCRIPTION_IMPORT,
    columns=PLATFORM_SUBSCRIPTION_COLUMNS,
    stage=load_sql(__package__, "stage"),
    merge=(
        load_status_sql(__package__, "status_changes"),
        *SUBSCRIPTION_IMPORT.merge,
        load_sql(__package__, "stamps"),
    ),
)
IN_ORDER: Sequence[Loading] = (ACADEMY_IMPORT, USER_IMPORT, TELEMETRY_IMPORT, OF_THE_PLATFORM)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What a sync took over, kind by kind.

    `vanished`: subscriptions that were ended because the platform no longer has them. `notes`
    say what was left out, and why.
    """

    full: bool
    imported: Sequence[Imported]
    vanished: int
    notes: Sequence[str]
    observed_at: datetime


async def sync(
    database: Database,
    platform: Platform,
    *,
    full: bool,
    now: datetime,
    accept_vanished: bool = False,
) -> SyncResult:
    """Read the platform as of one moment and take over what changed, observed at `now`.

    No transaction of ours is open while the platform answers; one takes everything over.
    Not `full`: only what was stamped since the last sync. `full` compares everything, so it also
    sees what was changed without a stamp, and ends what the platform no longer has. Raises
    `Unusable` (no platform, a table that is needed is missing), `SourceDown` (no answer, or a
    statement took too long), `Conflict` (another sync is at work, or most of what is known
    vanished); then nothing changed.
    """
    async with try_hold_lock(database, SYNC_LOCK) as connection:
        if connection is None:
            raise Conflict("Another sync is at work", code="sync_at_work")
        async with connection.transaction() as session:
            since = {} if full else await sync_state.since(session, OVERLAP)
        with Spools(platform.spool) as spools:
            reading = await _read(platform, spools, since, now)
            async with connection.transaction() as session:
                imported = [await _load(session, loading, reading, now) for loading in IN_ORDER]
                ended = await deletions.end(session, reading, now, accept=accept_vanished)
                await sync_state.remember_reading(session, reading, now)
    result = SyncResult(
        full=full, imported=imported, vanished=ended, notes=reading.notes, observed_at=now
    )
    _tell(result)
    return result


async def _read(
    platform: Platform, spools: Spools, since: Mapping[str, datetime], now: datetime
) -> PlatformRows:
    """Read in a thread, which is told to stop when this is cancelled."""
    snapshot = PlatformSnapshot(platform)
    reader = PlatformReader(snapshot, spools, since, now)
    reading = asyncio.ensure_future(asyncio.to_thread(reader.read))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        snapshot.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        raise


async def _load(
    session: AsyncSession, loading: Loading, reading: PlatformRows, now: datetime
) -> Imported:
    batches = reading.rows[loading.kind].batches()
    return await load_staged(
        session, CheckedRows(batches, name=f"platform {loading.kind}"), loading, now
    )


def _tell(result: SyncResult) -> None:
    for one in result.imported:
        log.info(
            "platform.synced",
            kind=one.kind,
            full=result.full,
            read=one.read,
            inserted=one.inserted,
            changed=one.changed,
        )
    log.info("platform.compared", vanished=result.vanished, notes=list(result.notes))
