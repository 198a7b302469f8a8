"""What the routes of runs depend on: the request's transaction, and what the service has opened."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.days import day_of
from app.kit.http.dependencies import SessionDep, ShellDep
from app.runs.hooks import Hooks
from app.settings import Settings
from app.sources.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """What is open while a request is answered, and when that is."""

    session: AsyncSession
    sources: Sources
    settings: Settings
    hooks: Hooks
    now: datetime

    @property
    def today(self) -> date:
        """The day in the zone whose days are reported."""
        return day_of(self.now, self.sources.zone)

    @property
    def timezone(self) -> str:
        """The zone's name."""
        return str(self.sources.zone)


async def get_opened(request: Request, session: SessionDep, shell: ShellDep) -> RequestContext:
    """Return what the service has opened, with the request's own transaction."""
    state = request.app.state
    return RequestContext(
        session=session,
        sources=state.sources,
        settings=state.settings,
        hooks=state.hooks,
        now=shell.clock(),
    )


OpenedDep = Annotated[RequestContext, Depends(get_opened, scope="function")]
