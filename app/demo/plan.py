"""The parameters of a simulation."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.kit.days import number_of
from app.kit.errors import Fault, Invalid

MAX_SEED = 2**32 - 1
MAX_LEARNERS = 10_000_000
MAX_SIMULATED_DAYS = 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPlan:
    """The size and the seed of a simulation; the same plan always gives the same rows.

    Activity begins `warmup_days` before the `days`, so that the first of them has a full window.
    Raises Invalid when a number is out of its range.
    """

    last_day: date
    learners: int = 2000
    days: int = 60
    seed: int = 1
    academies: int = 4
    warmup_days: int = 14

    def __post_init__(self) -> None:
        ranges = {
            "learners": (1, MAX_LEARNERS),
            "days": (1, MAX_SIMULATED_DAYS),
            "seed": (0, MAX_SEED),
            "academies": (1, 1000),
            "warmup_days": (0, MAX_SIMULATED_DAYS),
        }
        faults = [
            Fault(pointer=f"/{name}", message=f"must be from {least} to {most}")
            for name, (least, most) in ranges.items()
            if not least <= getattr(self, name) <= most
        ]
        if self.last_day.year < 2000:  # noqa: PLR2004 - days are counted from 1970, starts lie before
            faults.append(Fault(pointer="/last_day", message="must be in 2000 or later"))
        if faults:
            raise Invalid("This cannot be simulated", faults=faults)

    @property
    def first_day(self) -> date:
        """The first day with activity."""
        return self.last_day - timedelta(days=self.days + self.warmup_days - 1)

    def numbers(self) -> dict[str, int]:
        """Return the plan as parameters of the SQL files; days are counted from 1970-01-01."""
        return {
            "learners": self.learners,
            "seed": self.seed,
            "academies": self.academies,
            "first_day": number_of(self.first_day),
            "last_day": number_of(self.last_day),
        }
