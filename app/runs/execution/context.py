"""What a worker needs to execute runs, and what it holds while it executes one."""

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
"""Called with the result of each academy's day, and of each whole day (academy 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What a worker needs: data sources, clock, heartbeat interval and publication hooks.

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
        """After how long without a heartbeat another worker takes a run over."""
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
        """Whether the run covers every academy."""
        return self.run.academies is None
