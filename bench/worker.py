"""A process that reports on some days, and says how long its stages took and what it needed."""

import argparse
import asyncio
import inspect
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from time import perf_counter

from app.alerts.hooks import AlertEvaluation
from app.hooks import HOOKS
from app.kit.clock import utc_now
from app.runs.execution.context import WorkerContext
from app.runs.execution.creation import request_run, see_through
from app.runs.execution.request import RunRequest
from app.runs.models import EVERY_ACADEMY, Origin
from app.runs.store import Asker
from app.settings import Settings
from app.sources.startup import open_sources
from app.sources.warehouse.lake.warehouse import Lake

report = import_module("app.reports.churn.report")
ahead = import_module("app.reports.churn.inputs")
day = import_module("app.runs.execution.day_runner")
tables = import_module("app.runs.ledger.tables")

ALERTS, STATISTICS = "alerts", "statistics"
AFTERWARDS = (ALERTS, STATISTICS)
KILOBYTES_A_GIB = 1 << 20
STAGES: tuple[tuple[str, object, str], ...] = (
    ("scan", Lake, "run"),
    ("subscriptions", ahead, "versions_as_of"),
    ("subscriptions", ahead, "subscribers_on"),
    ("telemetry", ahead, "means_for"),
    ("score", report, "score"),
    ("score", report, "active_by_day"),
    ("encode", day, "prepare_day"),
    ("COPY", tables, "copy_in"),
    (STATISTICS, day, "count_days"),
    (ALERTS, AlertEvaluation, "follow"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run went: `stages` in seconds, those that ran beside each other both counted."""

    status: str
    rows: int
    seconds: float
    bytes_processed: int
    peak_gib: float
    stages: dict[str, float]

    @property
    def published_seconds(self) -> float:
        """The time until all was published; what follows is not in it."""
        return self.seconds - sum(self.stages.get(stage, 0.0) for stage in AFTERWARDS)


class Stopwatch:
    """Adds up the seconds of named stages, by wrapping the functions that are those stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    def watch(self, stage: str, owner: object, name: str) -> None:
        """Time a function or coroutine function from now on."""
        function = getattr(owner, name)
        asynchronous = inspect.iscoroutinefunction(function)
        setattr(owner, name, (self._slow if asynchronous else self._quick)(stage, function))

    def _add(self, stage: str, began: float) -> None:
        with self._lock:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - began

    def _quick(self, stage: str, function: Callable[..., object]) -> Callable[..., object]:
        def timed(*args: object, **named: object) -> object:
            began = perf_counter()
            try:
                return function(*args, **named)
            finally:
                self._add(stage, began)

        return timed

    def _slow(self, stage: str, function: Callable[..., object]) -> Callable[..., object]:
        async def timed(*args: object, **named: object) -> object:
            began = perf_counter()
            try:
                answer = function(*args, **named)
                return await answer if inspect.isawaitable(answer) else answer
            finally:
                self._add(stage, began)

        return timed


async def run(home: Path, request: RunRequest) -> Ran:
    """Report on the days asked for, as the command line does."""
    stopwatch = Stopwatch()
    for stage in STAGES:
        stopwatch.watch(*stage)
    settings = Settings(home=home)
    async with open_sources(settings) as sources:
        workshop = WorkerContext.of(settings, sources, clock=utc_now, hooks=HOOKS)
        began = perf_counter()
        asked, _ = await request_run(request, Asker(origin=Origin.COMMAND, name="bench"), workshop)
        outcome = await see_through(asked.id, workshop)
        seconds = perf_counter() - began
    days = [day for day in outcome.days if day.academy_id == EVERY_ACADEMY]
    return Ran(
        status=outcome.run.status,
        rows=sum(day.rows for day in days),
        seconds=seconds,
        bytes_processed=outcome.run.bytes_processed,
        peak_gib=peak_kilobytes() / KILOBYTES_A_GIB,
        stages=stopwatch.seconds,
    )


def peak_kilobytes() -> int:
    """Return the most memory that this process has held, in KiB.

    The kernel's `ru_maxrss` would begin with what the process that started this one held.
    """
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Run as `python -m bench.worker HOME FIRST LAST [ACADEMY]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("last", type=date.fromisoformat)
    parser.add_argument("--academy", type=int)
    given = parser.parse_args()
    request = RunRequest(
        report_type="churn",
        day_from=given.first,
        day_to=given.last,
        academies=None if given.academy is None else [given.academy],
    )
    ran = asyncio.run(run(given.home, request))
    said = {name: getattr(ran, name) for name in Ran.__slots__}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
