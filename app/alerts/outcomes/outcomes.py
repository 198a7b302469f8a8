"""What happened after alerts opened: how they ended, and how well they predicted the outcome."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.alerts.contract import AlertSource
from app.alerts.enums import AlertOrigin
from app.kit.db.engine import Database
from app.kit.sql import load_sql

STATS_SQL = load_sql(__package__, "stats")
RESULTS_SQL = load_sql(__package__, "write_results")
LOCK_WATERMARKS_SQL = """
    SELECT FROM alert_watermarks WHERE report_type = :report_type ORDER BY academy_id FOR UPDATE
"""

RESULT_DAYS = 30
"""An alert predicts an outcome within so many days after the day on which it opened."""
STATS_DAYS = 90
"""The stats are about the episodes of so many days, unless the caller names others."""
Z_95 = 1.959964
"""So many standard errors on both sides hold 95 of 100 outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStats:
    """The number of episodes of an alert type and origin, by how they ended.

    `judged` counts the episodes whose result days are over, `churned` those of them whose subject
    left in these days. `expected` is how many would have left at the rate of all subjects of the
    academy on the day on which the episode opened.
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
        """The share of the judged episodes whose subject left; None without judged episodes."""
        return self.churned / self.judged if self.judged else None

    @property
    def base_rate(self) -> float | None:
        """The share that was to be expected; None without judged episodes."""
        return self.expected / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the precision; None without judged episodes."""
        return wilson_interval(self.churned, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsSelection:
    """The episodes that opened from `first` to `last` in some academies (None: in all)."""

    first: date
    last: date
    academies: Sequence[int] | None = None


async def count_by_type(
    session: AsyncSession,
    source: AlertSource,
    selection: StatsSelection,
    *,
    today: date,
    zone: ZoneInfo,
) -> Sequence[TypeStats]:
    """Count the episodes of a report by alert type and origin; leave out those retracted.

    `today` is the current day, which has not ended.
    """
    connection = await session.connection()
    params = _params(source, today, zone) | {
        "first": selection.first,
        "last": selection.last,
        "academies": None if selection.academies is None else list(selection.academies),
    }
    rows = await connection.execute(text(_with_outcomes(STATS_SQL, source)), params)
    return [TypeStats(**{**row, "origin": AlertOrigin(row["origin"])}) for row in rows.mappings()]


async def write_results(
    database: Database, source: AlertSource, *, today: date, zone: ZoneInfo
) -> int:
    """Write the result of each alert of a report whose result days are over; return how many.

    `today` is the current day, which has not ended.
    """
    params = _params(source, today, zone) | {"first": date.min}
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(LOCK_WATERMARKS_SQL), {"report_type": source.report_type})
        return len(
            (await connection.execute(text(_with_outcomes(RESULTS_SQL, source)), params)).all()
        )


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of at least one trial."""
    share, z2 = hits / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = Z_95 * math.sqrt(spread) / (1 + z2 / trials)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _with_outcomes(sql: str, source: AlertSource) -> str:
    return sql.replace("{outcomes}", source.outcome_sql)


def _params(source: AlertSource, today: date, zone: ZoneInfo) -> dict[str, object]:
    """Return the parameters that both statements share.

    The result days of an episode are over when it opened before `before`.
    """
    before = today - timedelta(days=RESULT_DAYS)
    return {
        "report_type": source.report_type,
        "before": before,
        "days": RESULT_DAYS,
        "zone": zone.key,
    }
