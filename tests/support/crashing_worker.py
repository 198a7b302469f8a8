"""A worker that kills itself just before one of its commits: `crashing_worker WORDS NUMBER`.

That is the commit of the so many-th transaction that sent a statement with WORDS in it (with no
WORDS, of any transaction). What the queue commits by itself counts as a transaction too.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.cli.main import main
from app.runs.execution.queue import Queue

WORDS, NUMBER = sys.argv.pop(1), int(sys.argv.pop(1))
OF_THE_QUEUE = ("take", "drop", "put_back", "put_last")

numbers = count(1)


def die_if_it_is_time() -> None:
    """Count a transaction; end as hard as a machine does when it is the one."""
    if next(numbers) == NUMBER:
        os.kill(os.getpid(), signal.SIGKILL)


@event.listens_for(Engine, "before_cursor_execute")
def note(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """Note that a transaction has sent the words."""
    if WORDS in statement:
        connection.info["has_words"] = True


@event.listens_for(Engine, "commit")
def committing(connection: Connection) -> None:
    """Die before the commit of a transaction that has sent the words."""
    if connection.info.pop("has_words", False):
        die_if_it_is_time()


def after(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Let a function of the queue, which commits by itself, count."""

    async def counted(*arguments: object) -> object:
        answer = await function(*arguments)
        if not WORDS:
            die_if_it_is_time()
        return answer

    return counted


for name in OF_THE_QUEUE:
    setattr(Queue, name, after(getattr(Queue, name)))

if __name__ == "__main__":
    main()
