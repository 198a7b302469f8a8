"""`headsup worker`."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from app.alerts.hooks import CHORES
from app.cli.terminal import run
from app.hooks import HOOKS
from app.kit import logs
from app.runs.execution.scheduler import scheduled
from app.runs.execution.worker import run_worker
from app.settings import Settings
from app.sources.startup import open_sources

ScheduleOption = Annotated[
    bool, typer.Option("--schedule", help="Also start runs of due days, as `serve` does.")
]


def worker(*, schedule: ScheduleOption = False) -> None:
    """Run queued reports until stopped; any number of workers may run at once.

    On SIGTERM or Ctrl+C it finishes its current day, or returns it to the queue after 20 s.
    """
    logs.configure(level=logging.INFO, as_json=True)
    run(_work(Settings.from_environment(), with_schedule=schedule))


async def _work(settings: Settings, *, with_schedule: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        sources = await stack.enter_async_context(open_sources(settings))
        if with_schedule:
            await stack.enter_async_context(
                scheduled(sources, settings, chores=CHORES, hooks=HOOKS)
            )
        await run_worker(sources, settings, stop, hooks=HOOKS)
