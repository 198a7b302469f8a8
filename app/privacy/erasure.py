"""Erases a person from every room that stores people, and refuses their rows from then on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.erasure import erase_alerts
from app.runs.erasure import erase_report_rows
from app.sources.directory import erasure as tombstones
from app.sources.directory.erasure import erase_name
from app.sources.subscriptions.erasure import erase_subscriptions
from app.sources.telemetry.erasure import erase_telemetry
from app.sources.warehouse.contract import Warehouse

RoomErasure = Callable[[AsyncSession, int], Awaitable[Mapping[str, int]]]
"""Deletes the rows of a user from the tables of one room; returns how many by table."""

ROOMS: Sequence[RoomErasure] = (
    erase_name,
    erase_subscriptions,
    erase_telemetry,
    erase_report_rows,
    erase_alerts,
)
"""Every room that stores people. A test compares them with the tables of the database."""


async def erase(
    session: AsyncSession, warehouse: Warehouse, user_id: int, now: datetime
) -> dict[str, int]:
    """Delete everything that is stored about a person; return the rows deleted by table.

    `activity` counts rows of the warehouse; it is absent if the service may only read them. Call
    `Warehouse.tidy` after the commit to remove its old files. The warehouse comes first because
    rewriting files may take long, and publications wait only from the tombstone on.
    """
    activity = await warehouse.forget(session, user_id)
    await tombstones.remember_erased(session, user_id, now)
    deleted = {} if activity is None else {"activity": activity}
    for erase_room in ROOMS:
        deleted |= await erase_room(session, user_id)
    return deleted
