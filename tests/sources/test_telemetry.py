"""Telemetry samples come in once each, and go out as means."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.errors import Invalid
from app.sources.directory import erasure
from app.sources.imports import Imported
from app.sources.telemetry.imports import TELEMETRY_COLUMNS, import_telemetry
from app.sources.telemetry.store import means_for
from tests.support.subscriptions import NOW, Row, Value, rows_of

DAY = date(2024, 3, 14)
ZONE = ZoneInfo("UTC")
TICK = timedelta(microseconds=1)


def sample(day: int = 14, hour: int = 10, **changes: Value) -> Row:
    """Return a sample of user 7 in March."""
    timestamp = datetime(2024, 3, day, hour, tzinfo=UTC)
    return {
        "user_id": 7,
        "timestamp": timestamp,
        "engagement_score": 50.0,
        "frustration_score": None,
        **changes,
    }


async def tell(session: AsyncSession, *rows: Row) -> Imported:
    return await import_telemetry(session, rows_of(rows, TELEMETRY_COLUMNS), now=NOW)


async def means(database: Database, *rows: Row, zone: ZoneInfo = ZONE) -> list[dict[str, Any]]:
    async with database.transaction() as session:
        await tell(session, *rows)
    return (await means_for(database, DAY, zone)).sort("user_id").to_dicts()


async def test_the_last_import_wins(database: Database) -> None:
    async with database.transaction() as session:
        first = await tell(session, sample(), sample(hour=11))
        again = await tell(session, sample(engagement_score=70.0), sample(hour=11))

    found = await means_for(database, DAY, ZONE)

    assert (first.inserted, again.changed, again.unchanged) == (2, 1, 1)
    assert found["avg_engagement_score"].to_list() == [60.0]


async def test_scores_are_clamped(database: Database) -> None:
    rows = [sample(engagement_score=-3.0, frustration_score=1e9)]

    (found,) = await means(database, *rows)

    assert found["avg_engagement_score"] == 0
    assert found["avg_frustration_score"] == 100


@pytest.mark.parametrize(("score", "stored"), [(-3.0, 0.0), (1e9, 100.0), (50.0, 50.0)])
async def test_an_unknown_score_stays_unknown_beside_any_other(
    database: Database, score: float, stored: float
) -> None:
    first, second = await means(
        database,
        sample(engagement_score=score, frustration_score=None),
        sample(user_id=8, engagement_score=None, frustration_score=score),
    )

    assert (first["avg_engagement_score"], first["avg_frustration_score"]) == (stored, None)
    assert (second["avg_engagement_score"], second["avg_frustration_score"]) == (None, stored)


async def test_two_scores_for_one_moment_are_refused(session: AsyncSession) -> None:
    with pytest.raises(Invalid, match="row 2, timestamp: user 7 has other values in row 1"):
        await tell(session, sample(), sample(engagement_score=51.0))


async def test_copies_count_once_and_the_erased_not_at_all(session: AsyncSession) -> None:
    await erasure.remember_erased(session, 666, NOW)

    counts = await tell(session, sample(), sample(), sample(user_id=666))

    assert (counts.inserted, counts.repeated, counts.skipped_erased) == (1, 1, 1)


@pytest.mark.parametrize(
    ("instant", "week", "baseline"),
    [
        (datetime(2024, 3, 15, tzinfo=UTC) - TICK, 10.0, None),
        (datetime(2024, 3, 8, tzinfo=UTC), 10.0, None),
        (datetime(2024, 3, 8, tzinfo=UTC) - TICK, None, 10.0),
        (datetime(2024, 2, 9, tzinfo=UTC), None, 10.0),
    ],
)
async def test_a_sample_counts_for_the_week_or_for_the_baseline(
    database: Database, instant: datetime, week: float | None, baseline: float | None
) -> None:
    (found,) = await means(
        database, sample(timestamp=instant, engagement_score=10.0, frustration_score=20.0)
    )

    assert (found["avg_engagement_score"], found["engagement_baseline"]) == (week, baseline)
    assert found["avg_frustration_score"] == (20.0 if week else None)


@pytest.mark.parametrize(
    "instant",
    [datetime(2024, 3, 15, tzinfo=UTC), datetime(2024, 2, 9, tzinfo=UTC) - TICK],
)
async def test_a_sample_outside_the_35_days_does_not_count(
    database: Database, instant: datetime
) -> None:
    assert await means(database, sample(timestamp=instant)) == []


async def test_days_begin_in_the_zone(database: Database) -> None:
    late = datetime(2024, 3, 15, 3, 59, tzinfo=UTC)

    (found,) = await means(database, sample(timestamp=late), zone=ZoneInfo("America/New_York"))

    assert found["avg_engagement_score"] == 50


async def test_the_order_of_samples_never_matters(database: Database) -> None:
    scores = [0.1, 0.2, 0.3, 1e-9, 99.99999, 33.333333333333336]
    rows = [sample(hour=n, engagement_score=score) for n, score in enumerate(scores)]
    (one,) = await means(database, *rows)
    shuffled = random.Random(1).sample(scores, len(scores))  # noqa: S311 - an order, no secret

    (other,) = await means(
        database, *(sample(hour=n, engagement_score=s) for n, s in enumerate(shuffled))
    )

    assert one == other
