"""One reading for all who ask for the same at about the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class SingleFlight:
    """Reads once for everybody who waits for the same key.

    Who asks while a reading is under way waits for the next one, so that nobody is given
    anything older than his question.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._waiting: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Return what a reading that begins after now returns; raise what it raises."""
        task: asyncio.Task[ResultT] | None = self._waiting.get(key)
        if task is None:
            task = asyncio.create_task(self._read(key, read))
            task.add_done_callback(_look)
            self._waiting[key] = task
        return await asyncio.shield(task)

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[ResultT]]) -> ResultT:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        task = self._waiting.pop(key)
        self._running[key] = task
        try:
            return await read()
        finally:
            if self._running.get(key) is task:
                del self._running[key]


def _look(task: asyncio.Task[Any]) -> None:
    """Look at an error that nobody waited for, so that it is not reported as forgotten."""
    if not task.cancelled():
        task.exception()
