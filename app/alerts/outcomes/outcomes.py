"""What became of alerts: how they ended, and what they foretold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.enums import AlertOrigin
from app.kit.db.engine import Database
from app.kit.sql import load_sql

CHURNED_SQL = load_sql(__package__, "churned")
STATS_SQL = CHURNED_SQL + load_sql(__package__, "stats")
RESULTS_SQL = CHURNED_SQL + load_sql(__package__, "write_results")
MARKS_SQL = "SELECT FROM alert_watermarks ORDER BY report_type, academy_id FOR UPDATE"

RESULT_DAYS = 30
Z_95 = 1.959964
"""So many standard errors on both sides hold 95 of 100 outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStats:
    """The episodes of an alert type and origin.

    Of `judged`, the 30 days after opening are over: `churned` learners left in them, `expected`
    is how many would have, had they been like everybody in their academy on that day.
    """

    alert_type: str
    origin: AlertOrigin
    opened: int
    still_open: int
    by_hand: int
    by_itself: int
    no_longer_live: int
    no_data: int
    contacted: int
    offered: int
    no_action: int
    false_alarm: int
    result_pending: int
    result_stayed: int
    result_left: int
    result_completed: int
    judged: int
    churned: int
    expected: float

    @property
    def precision(self) -> float | None:
        """The share of the judged who left; None of none."""
        return self.churned / self.judged if self.judged else None

    @property
    def base_rate(self) -> float | None:
        """The share that was to be expected; None of none."""
        return self.expected / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the precision lies with 95 % confidence; None of none."""
        return wilson(self.churned, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which episodes are counted: those that opened from `first` to `last`; None: everywhere."""

    report_type: str
    first: date
    last: date
    academies: Sequence[int] | None = None


async def stats(
    session: AsyncSession, asking: Asking, *, today: date, zone: ZoneInfo
) -> Sequence[TypeStats]:
    """Count the episodes, but those retracted, by alert type and origin."""
    connection = await session.connection()
    params = {
        "report_type": asking.report_type,
        "first": asking.first,
        "last": asking.last,
        "academies": None if asking.academies is None else list(asking.academies),
        "before": _over_before(today),
        "zone": zone.key,
    }
    rows = await connection.execute(text(STATS_SQL), params)
    return [TypeStats(**{**row, "origin": AlertOrigin(row["origin"])}) for row in rows.mappings()]


async def write_results(database: Database, *, today: date, zone: ZoneInfo) -> int:
    """Write what the learners did of whose alerts the 30 days are over; return how many.

    `today` is the day that has not ended.
    """
    before = _over_before(today)
    params = {"before": before, "first": date.min, "zone": zone.key}
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(MARKS_SQL))
        return len((await connection.execute(text(RESULTS_SQL), params)).all())


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of at least one trial."""
    share, z2 = hits / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = Z_95 * math.sqrt(spread) / (1 + z2 / trials)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _over_before(today: date) -> date:
    """Return the day before which an episode must have opened for its 30 days to be over."""
    return today - timedelta(days=RESULT_DAYS)
