"""How long a subscriber has been there without a break."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from tests.support.live_subscribers import live_learners
from tests.support.rows import DAY, Row, at, version

LONG_AGO = at("2023-01-01")


def over(start: str, **ends: datetime) -> Row:
    return version(status="CANCELLED", started_at=at(start), **ends)


def begun(start: str, **changes: object) -> Row:
    return version(started_at=at(start), **changes)


@pytest.mark.parametrize(
    ("rows", "since"),
    [
        pytest.param([begun("2024-03-14")], "2024-03-14", id="began on the day"),
        pytest.param([begun("2024-03-01")], "2024-03-01", id="one"),
        pytest.param([begun("2024-03-01"), begun("2024-02-01")], "2024-02-01", id="two live"),
        pytest.param(
            [begun("2024-03-01"), over("2024-01-01", ended_at=at("2024-01-31"))],
            "2024-01-01",
            id="a pause of 30 days",
        ),
        pytest.param(
            [begun("2024-03-01"), over("2024-01-01", ended_at=at("2024-01-30"))],
            "2024-03-01",
            id="a pause of 31 days",
        ),
        pytest.param(
            [
                begun("2024-03-01"),
                over("2024-01-20", ended_at=at("2024-02-10")),
                over("2023-12-01", ended_at=at("2023-12-25")),
                over("2023-01-01", ended_at=at("2023-06-25")),
            ],
            "2023-12-01",
            id="a chain with a break",
        ),
        pytest.param(
            [
                begun("2024-03-01"),
                over("2023-01-01", ended_at=at("2024-02-20")),
                over("2023-02-01", ended_at=at("2023-03-01")),
            ],
            "2023-01-01",
            id="a short one within a long one",
        ),
        pytest.param(
            [begun("2024-01-10"), over("2023-06-01", ended_at=at("2024-03-01"))],
            "2023-06-01",
            id="the live one began before the older ended",
        ),
        pytest.param(
            [begun("2024-01-10"), over("2024-02-01", ended_at=at("2024-03-01"))],
            "2024-01-10",
            id="the older began later",
        ),
        pytest.param(
            [begun("2024-03-01"), over("2024-02-20", ended_at=at("2024-02-10"))],
            "2024-03-01",
            id="what ended before it began never was",
        ),
        pytest.param(
            [begun("2024-03-01"), over("2024-02-20", ended_at=at("2024-02-20", "01:00"))],
            "2024-02-20",
            id="a single day",
        ),
        pytest.param(
            [begun("2024-03-01"), over("2024-01-01", ended_at=at("2024-04-01"))],
            "2024-01-01",
            id="an end in the future",
        ),
        pytest.param(
            [begun("2024-03-01"), begun("2024-02-01", academy_id=2)], "2024-03-01", id="elsewhere"
        ),
        pytest.param(
            [begun("2024-03-01"), begun("2024-03-20", status="FREE_TRIAL")],
            "2024-03-01",
            id="one that has not begun",
        ),
    ],
)
def test_tenure_is_unbroken_time(rows: Sequence[Row], since: str) -> None:
    row = live_learners(*rows)[0]

    assert row["tenure_days"] == (DAY - date.fromisoformat(since)).days


@pytest.mark.parametrize(
    ("ends", "joined"),
    [
        pytest.param({"ended_at": at("2024-02-20"), "cancelled_at": LONG_AGO}, True, id="ended"),
        pytest.param(
            {"ended_at": at("2024-01-02"), "cancelled_at": at("2024-02-20")}, False, id="not later"
        ),
        pytest.param({"cancelled_at": at("2024-02-20")}, True, id="cancelled"),
        pytest.param(
            {"cancelled_at": at("2024-01-02"), "valid_until": at("2024-02-20")}, False, id="early"
        ),
        pytest.param({"valid_until": at("2024-02-20")}, True, id="valid until"),
        pytest.param({"effective_from": at("2024-02-20")}, True, id="its last version"),
        pytest.param({"effective_from": at("2024-01-02")}, False, id="its last version, early"),
    ],
)
def test_the_end_of_one_is_the_first_that_is_known(
    ends: dict[str, datetime], *, joined: bool
) -> None:
    (row,) = live_learners(begun("2024-03-01"), over("2024-01-01", **ends))

    assert row["tenure_days"] == (73 if joined else 13)
