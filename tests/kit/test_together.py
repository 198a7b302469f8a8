"""Work that is done at once fails as if it were done alone."""

import asyncio

import pytest

from app.kit.concurrency.task_groups import together


async def test_an_error_is_raised_as_it_is_and_stops_the_others() -> None:
    stopped = asyncio.Event()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    with pytest.raises(ZeroDivisionError):
        await together(wait(), fail())

    assert stopped.is_set()


async def test_an_error_within_an_error_is_found() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await together(together(fail()))
