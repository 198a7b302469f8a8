"""Dependencies of routes: the database, a session, the clock; and types of page parameters."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Request
from pydantic import Field
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.clock import Clock
from app.kit.concurrency.single_flight import SingleFlight
from app.kit.db.engine import Database
from app.kit.db.read_pool import STATEMENT_TIMEOUT_SECONDS
from app.kit.http.streaming import Streams
from app.kit.values import MAX_ID

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The resources that request handlers use; kept as `app.state.shell`.

    Concurrent requests share their reads in `shared`; `streams` counts the lists being streamed.
    """

    database: Database
    streams: Streams
    clock: Clock
    zone: ZoneInfo
    shared: SingleFlight = field(default_factory=SingleFlight)


async def get_shell(request: Request) -> Shell:
    """Return the resources that were opened when the service started.

    It is a coroutine because FastAPI would run a plain function in a thread.
    """
    shell: Shell = request.app.state.shell
    return shell


ShellDep = Annotated[Shell, Depends(get_shell)]


async def get_session(shell: ShellDep) -> AsyncIterator[AsyncSession]:
    """Open the request's transaction, which is committed before the response is sent."""
    async with shell.database.transaction() as session:
        event.listen(session.sync_session, "after_begin", _limit)
        yield session


def _limit(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Set the statement timeout when a transaction begins; before, there is no connection."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
CursorText = Annotated[
    str,
    Field(
        max_length=4000,
        json_schema_extra={"pattern": "^[A-Za-z0-9_-]*$"},
        description="Where to go on: `next_cursor` of the page before.",
    ),
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many items a page has at most.")]
