from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import pyarrow as pa
import pytest

from app.demo.plan import SimulationPlan
from app.demo.simulation import simulate

PLAN = SimulationPlan(last_day=date(2026, 11, 21), learners=1000, days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that one plan gives, as tables."""

    academies: pa.Table
    users: pa.Table
    learners: pa.Table
    subscription_history: pa.Table
    subscriptions: pa.Table
    activity: pa.Table
    telemetry: pa.Table

    def frame(self, name: str) -> pl.DataFrame:
        frame = pl.from_arrow(getattr(self, name))
        assert isinstance(frame, pl.DataFrame)
        return frame


def tell(threads: int = 2, **changes: int) -> Story:
    with simulate(replace(PLAN, **changes), threads=threads) as simulation:  # type: ignore[arg-type]
        return Story(
            academies=simulation.academies().read_all(),
            users=simulation.users().read_all(),
            learners=simulation.learners().read_all(),
            subscription_history=simulation.subscription_history().read_all(),
            subscriptions=simulation.subscriptions().read_all(),
            activity=simulation.activity().read_all(),
            telemetry=simulation.telemetry().read_all(),
        )


@pytest.fixture(scope="session")
def story() -> Story:
    return tell()
