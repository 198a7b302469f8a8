from datetime import date

import duckdb
import pytest

from app.demo import simulation as module
from app.demo.plan import SimulationPlan
from app.demo.simulation import simulate

MASK = 2**32 - 1


def mix(x: int) -> int:
    """The finaliser as any language would write it."""
    x = (x ^ (x >> 16)) * 2146121005 & MASK
    x = (x ^ (x >> 15)) * 2221713035 & MASK
    return x ^ (x >> 16)


@pytest.mark.parametrize("number", [0, 1, 5, 20_778, 2**31, MASK])
def test_the_mixing_is_plain_integer_arithmetic(number: int) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(module._sql("draws"))

        row = connection.execute(f"SELECT mix({number})").fetchone()

    assert row == (mix(number),)


def test_draws_are_spread_evenly() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(module._sql("draws"))

        tenths = connection.execute(
            "SELECT pick(part(mix(1), day), 0, 10) AS tenth, count(*) FROM range(100000) AS d(day)"
            " GROUP BY tenth"
        ).fetchall()

    assert len(tenths) == 10
    assert all(9_600 < count < 10_400 for _, count in tenths)


def test_streams_can_be_read_side_by_side() -> None:
    with simulate(SimulationPlan(last_day=date(2026, 11, 21), learners=50, days=1)) as simulation:
        pairs = list(zip(simulation.users(), simulation.learners(), strict=True))

    assert [(users.num_rows, learners.num_rows) for users, learners in pairs] == [(54, 50)]
