"""Lets concurrent callers that need the same value share one read of it."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class SingleFlight:
    """Reads once for all callers that wait for the same key.

    A caller that comes while a read is running waits for the next one, so that no caller gets
    a value that is older than its call.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._waiting: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Return or raise the result of a read that starts after this call."""
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
    """Retrieve the exception, so that asyncio does not log one that no caller waited for."""
    if not task.cancelled():
        task.exception()
