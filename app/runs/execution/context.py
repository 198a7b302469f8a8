"""What a worker has in hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from app.kit.clock import Clock
from app.kit.db.engine import Connection
from app.runs.contract import BaseReport
from app.runs.execution.lease import DayResult, Lease
from app.runs.hooks import Hooks
from app.runs.ledger.quality_gate import VolumePolicy
from app.runs.models import Run
from app.settings import Settings
from app.sources.sources import Sources

BEATS_UNTIL_STALE = 3

Progress = Callable[[DayResult], None]
"""Told of every academy's day, and of every day when it is through (academy 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What a worker needs: what to read and write, the time, how often it gives a sign.

    `hooks` are what follows each publication. Once it is `stopping`, no further day is begun.
    """

    sources: Sources
    clock: Clock
    heartbeat: timedelta
    min_volume_ratio: float
    hooks: Hooks = ()
    progress: Progress = lambda _: None
    stopping: Callable[[], bool] = lambda: False

    @classmethod
    def of(
        cls,
        settings: Settings,
        sources: Sources,
        *,
        clock: Clock,
        hooks: Hooks = (),
        stopping: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Return what a worker needs as the settings have it."""
        return cls(
            sources=sources,
            clock=clock,
            heartbeat=timedelta(seconds=settings.heartbeat_seconds),
            min_volume_ratio=settings.min_volume_ratio,
            hooks=hooks,
            stopping=stopping,
        )

    def policy_of(self, report: type[BaseReport]) -> VolumePolicy | None:
        """Return the report's quality gate with the ratio that this worker was given."""
        return report.gate and replace(report.gate, min_ratio=self.min_volume_ratio)

    @property
    def stale_after(self) -> timedelta:
        """How long a worker may be silent before another takes over."""
        return BEATS_UNTIL_STALE * self.heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """A claimed run with its report and the connection that publishes it."""

    run: Run
    mine: Lease
    report: BaseReport
    connection: Connection
    workshop: WorkerContext

    @property
    def is_whole(self) -> bool:
        """Whether the run is of every academy."""
        return self.run.academies is None
