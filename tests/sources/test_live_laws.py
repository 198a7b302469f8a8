"""Whole columns against a slow, obvious reference."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from app.kit.days import end_of, start_of
from app.sources.subscriptions.live_subscribers import subscribers_on
from app.sources.subscriptions.statuses import SubscriptionStatus
from tests.sources import live_reference
from tests.support.edge_values import pairs
from tests.support.live_subscribers import UTC_ZONE
from tests.support.rows import DAY, Row, version, versions

pytestmark = pytest.mark.law
MADRID = ZoneInfo("Europe/Madrid")

instants = st.integers(-110 * 24, 40 * 24).map(
    lambda hours: datetime(2024, 3, 14, tzinfo=UTC) + timedelta(hours=hours)
)
edges = st.sampled_from(
    [start_of(DAY, UTC_ZONE), end_of(DAY, UTC_ZONE), start_of(DAY, MADRID), end_of(DAY, MADRID)]
)
starts = instants | edges
ends = st.none() | st.none() | instants | edges
rows_of_academies = st.fixed_dictionaries(
    {
        "academy_id": st.integers(1, 2),
        "user_id": st.integers(1, 3),
        "status": st.sampled_from(["ACTIVE", "ACTIVE", *SubscriptionStatus]),
        "started_at": starts,
        "trial_ends_at": ends,
        "next_payment_at": ends,
        "valid_until": ends,
        "cancelled_at": ends,
        "ended_at": ends,
        "effective_from": starts,
        "mrr": st.sampled_from([None, 0.0, 1e9]) | st.integers(0, 2000).map(lambda n: n / 100),
        "currency": st.sampled_from([None, "EUR", "USD"]),
    }
)
academies = st.lists(rows_of_academies, max_size=10)
BOUNDS = (
    datetime(1, 1, 2, tzinfo=UTC),
    start_of(DAY, UTC_ZONE),
    end_of(DAY, UTC_ZONE) - timedelta(microseconds=1),
    end_of(DAY, UTC_ZONE),
    datetime(9999, 12, 30, tzinfo=UTC),
)
EDGES: Mapping[str, Sequence[object]] = {
    "status": tuple(SubscriptionStatus),
    "started_at": BOUNDS,
    "effective_from": BOUNDS,
    **dict.fromkeys(
        ("trial_ends_at", "next_payment_at", "valid_until", "cancelled_at", "ended_at"),
        (None, *BOUNDS),
    ),
    "mrr": (None, 0.0, 1e9),
    "currency": (None, "EUR"),
}
EDGE_ROWS: Sequence[Row] = [{"user_id": n, **pair} for n, pair in enumerate(pairs(EDGES), 1)]


@example(EDGE_ROWS, "UTC")
@given(academies, st.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata"]))
def test_columns_say_what_one_row_after_another_says(rows: Sequence[Row], name: str) -> None:
    known = [version(**row) for row in rows]

    found = subscribers_on(versions(*known), DAY, ZoneInfo(name))

    expected = live_reference.subscribers_on(known, DAY, ZoneInfo(name))
    assert_frame_equal(found, pl.DataFrame(expected, schema=live_reference.SCHEMA))


@given(academies, st.integers(0, 2**32 - 1))
def test_the_order_of_versions_never_matters(rows: Sequence[Row], seed: int) -> None:
    frame = versions(*(version(**row) for row in rows))

    shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)

    assert_frame_equal(
        subscribers_on(shuffled, DAY, UTC_ZONE), subscribers_on(frame, DAY, UTC_ZONE)
    )
