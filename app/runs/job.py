"""What a worker has in hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.kit.clock import Clock
from app.kit.db import Connection
from app.runs.base import BaseReport
from app.runs.claims import Claim, DayResult
from app.runs.models import Run
from app.sources.sources import Sources

Progress = Callable[[DayResult], None]
"""Told of every academy's day, and of every day when it is through (academy 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a worker needs: what to read and write, the time, how often it gives a sign."""

    sources: Sources
    clock: Clock
    heartbeat: timedelta
    min_volume_ratio: float
    progress: Progress = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed run with its report and the connection that publishes it."""

    run: Run
    mine: Claim
    report: BaseReport
    connection: Connection
    workshop: Workshop

    @property
    def is_whole(self) -> bool:
        """Whether the run is of every academy."""
        return self.run.academies is None
