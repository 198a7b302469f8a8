"""What follows a publication: owed until it is done, by whichever process comes to it first."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock
from app.kit.failures import unavailable_of
from app.kit.plurals import counted
from app.sources.sources import Sources

OVERDUE = timedelta(minutes=15)
"""Work that is owed for longer needs attention: it fails, or no process does it."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What a hook has still to do for a report: `days` counts the academies' days.

    `since` is when the first of them was published.
    """

    report_type: str
    days: int
    since: datetime


class PublicationHook(ABC):
    """Work that each publication entails, such as the evaluation of alerts.

    The hook keeps a watermark of its own, moved in the transaction of the work it stands for. So
    the work may be asked for by several processes at once, and after any of them was killed.
    """

    name: ClassVar[str]

    @abstractmethod
    async def owed(self, session: AsyncSession) -> Sequence[Debt]:
        """Say what is still to be done, by report; with nothing, that is a probe of indexes."""

    @abstractmethod
    async def follow(self, sources: Sources, report_type: str, clock: Clock) -> None:
        """Do all that is owed for a report; raise an error when some of it could not be done."""


Hooks = Sequence[PublicationHook]


async def follow_all(hooks: Hooks, sources: Sources, clock: Clock) -> bool:
    """Do what every hook owes; return whether nothing failed.

    A failure is logged and stays owed: it keeps neither other hooks nor the run from going on.
    """
    return all([await _follow(hook, sources, clock) for hook in hooks])


async def _follow(hook: PublicationHook, sources: Sources, clock: Clock) -> bool:
    bound = log.bind(hook=hook.name)
    try:
        async with sources.database.transaction() as session:
            debts = await hook.owed(session)
        for debt in debts:
            bound = bound.bind(report=debt.report_type, days=debt.days)
            await hook.follow(sources, debt.report_type, clock)
    except Exception as error:  # noqa: BLE001 - it stays owed, and is done again
        is_foreseen = unavailable_of(error) is not None
        bound.error("hook.failed", error=str(error), exc_info=not is_foreseen)
        return False
    return True


async def overdue(session: AsyncSession, hooks: Hooks, now: datetime) -> Sequence[tuple[str, Debt]]:
    """List the debts that nobody has paid for long, each with the name of its hook."""
    return [
        (hook.name, debt)
        for hook in hooks
        for debt in await hook.owed(session)
        if debt.since < now - OVERDUE
    ]


def said_of(hook: str, debt: Debt) -> str:
    """Say in words what is owed."""
    days = counted(debt.days, "day")
    since = f"{debt.since:%Y-%m-%d %H:%M} UTC"
    return f"{hook} are owed for {days} of academies, published since {since}"
