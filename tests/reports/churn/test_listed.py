"""Rows are stored in the order in which they are listed."""

from collections.abc import Sequence
from itertools import product

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.reports.churn.columns import as_listed

SCHEMA = {"churn_risk_score": pl.Float64, "days_until_renewal": pl.Int32, "user_id": pl.Int64}
RENEWAL_EDGES = (None, -(2**31), 0, 2**31 - 1)
SCORE_EDGES = (0.0, 0.01, 99.99, 100.0)
RENEWALS = st.sampled_from(RENEWAL_EDGES) | st.integers(-(2**31), 2**31 - 1)
SCORES = st.sampled_from(SCORE_EDGES) | st.integers(0, 10_000).map(lambda cents: cents / 100)

pytestmark = pytest.mark.law


@example([*product(SCORE_EDGES, RENEWAL_EDGES)])
@given(st.lists(st.tuples(SCORES, RENEWALS)))
def test_highest_score_first_then_soonest_renewal_then_user(
    drawn: Sequence[tuple[float, int | None]],
) -> None:
    rows = pl.DataFrame([(*one, user) for user, one in enumerate(drawn)], SCHEMA, orient="row")

    found = as_listed(rows)

    expected = sorted(rows.rows(), key=lambda row: (-row[0], row[1] is None, row[1] or 0, row[2]))
    assert found.rows() == expected
