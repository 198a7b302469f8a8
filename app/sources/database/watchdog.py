"""Starts the embedded server again when it has died while this process uses it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.kit.db.engine import Database
from app.kit.errors import AppError
from app.sources.database.embedded_server import Server

LOOK_SECONDS = 0.5
MAX_RESTARTS = 5
MAX_PAUSE_SECONDS = 30.0
HOPELESS = "The embedded database has died and could not be started again; the log says why."

log = structlog.get_logger()


class Watchdog:
    """Checks every `look_seconds` whether the server runs, and restarts it.

    A failed restart is repeated, each time after twice as long. After `MAX_RESTARTS` failures in a
    row `Database.hopeless` is set, so that a supervisor can replace this process. The watchdog
    goes on, and clears `hopeless` if a restart succeeds.
    """

    def __init__(
        self, server: Server, database: Database, *, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._server = server
        self._database = database
        self._look_seconds = look_seconds
        self._tries = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            pause = self._look_seconds * 2**self._tries
            await asyncio.sleep(min(pause, MAX_PAUSE_SECONDS))
            if self._tries or not self._server.is_running:
                await self._revive()

    async def _revive(self) -> None:
        try:
            is_started = await asyncio.to_thread(self._server.revive)
        except (AppError, OSError) as error:
            self._tries += 1
            log.error("embedded_server.failed", tries=self._tries, error=str(error))  # noqa: TRY400
        else:
            self._tries = 0
            if is_started:
                log.warning("embedded_server.restarted")
        self._database.hopeless = HOPELESS if self._tries >= MAX_RESTARTS else None


@asynccontextmanager
async def watching(server: Server, database: Database) -> AsyncIterator[None]:
    """Watch over the server as long as the context lasts."""
    watch = asyncio.create_task(Watchdog(server, database).run())
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait({watch})
