"""Runs several coroutines concurrently, all of which must succeed."""

from asyncio import TaskGroup
from collections.abc import Coroutine


async def together(*works: Coroutine[object, object, None]) -> None:
    """Run all of `works`; when one fails, cancel the others and raise its error without a group."""
    try:
        async with TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failed:
        raise first_of(failed) from None


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group that is not a group itself."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
