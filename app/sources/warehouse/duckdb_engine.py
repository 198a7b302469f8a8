"""Runs DuckDB in worker threads for the lake."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

import duckdb

from app.kit.errors import SourceDown
from app.sources.warehouse.temp_dirs import private_folder

WorkT = TypeVar("WorkT")
STOP_AGAIN_SECONDS = 0.05


class WorkStopped(Exception):
    """The work was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How much of the machine DuckDB may use."""

    memory: str
    threads: int
    temporary: Path

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open an engine in memory, in UTC; raise `SourceDown` when its memory does not suffice.

        What does not fit is spilled to a folder of its own: two engines that share one overwrite
        each other's files.
        """
        with private_folder(self.temporary) as spill:
            config: dict[str, str | bool | int | float | list[str]] = {
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": str(spill),
            }
            with duckdb.connect(config=config) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                try:
                    yield connection
                except duckdb.OutOfMemoryException as error:
                    raise SourceDown(
                        f"A query needs more than {self.memory}: raise HEADSUP_QUERY_MEMORY"
                    ) from error


class Work:
    """A piece of DuckDB work in a thread, which stops when its task is cancelled."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopped = Event()
        self._connection: duckdb.DuckDBPyConnection | None = None

    async def do(self, work: Callable[[], WorkT]) -> WorkT:
        """Run `work` in a thread; when cancelled, return only after it has ended."""
        task = asyncio.create_task(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._stopped.set()
            while not task.done():
                self._interrupt()
                await asyncio.wait([task], timeout=STOP_AGAIN_SECONDS)
            task.exception()
            raise

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the engine, in the thread of the work."""
        with self._engine.connect() as connection:
            self._connection = connection
            try:
                self.go_on()
                yield connection
            finally:
                self._connection = None

    def go_on(self) -> None:
        """Raise `Stopped` when nobody waits for the work any more."""
        if self._stopped.is_set():
            raise WorkStopped

    def _interrupt(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.interrupt()
