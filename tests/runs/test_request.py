from datetime import date

import pytest

from app.kit.errors import Invalid
from app.runs.execution.request import DaySelection, RunRequest, split

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(DaySelection(), (date(2026, 3, 9), date(2026, 3, 9)), id="yesterday"),
        pytest.param(
            DaySelection(day=date(2026, 1, 5)), (date(2026, 1, 5), date(2026, 1, 5)), id="one day"
        ),
        pytest.param(
            DaySelection(date_from=date(2026, 3, 1), date_to=date(2026, 3, 4)),
            (date(2026, 3, 1), date(2026, 3, 4)),
            id="a range",
        ),
        pytest.param(
            DaySelection(days_back=3), (date(2026, 3, 7), date(2026, 3, 9)), id="three days back"
        ),
    ],
)
def test_the_days_asked_for_become_a_first_and_a_last(
    asked: DaySelection, expected: tuple[date, date]
) -> None:
    assert asked.resolve(TODAY) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param(
            DaySelection(day=TODAY), "not over yet; the newest day is 2026-03-09", id="now"
        ),
        pytest.param(
            DaySelection(date_from=date(2026, 3, 2), date_to=date(2026, 3, 1)),
            "the first day, 2026-03-02, is after the last, 2026-03-01",
            id="backwards",
        ),
        pytest.param(
            DaySelection(day=date(2026, 3, 1), days_back=2), "give one of", id="two ways at once"
        ),
        pytest.param(DaySelection(date_from=date(2026, 3, 1)), "go together", id="only a first"),
        pytest.param(DaySelection(days_back=0), "0 is not between 1 and 366", id="no days back"),
        pytest.param(DaySelection(days_back=367), "367 is not between", id="too many days back"),
        pytest.param(
            DaySelection(date_from=date(2020, 1, 1), date_to=date(2026, 1, 1)),
            "at most 1500 days",
            id="too long",
        ),
        pytest.param(
            DaySelection(day=date(1970, 12, 31)), "the earliest day is 1971-01-01", id="too early"
        ),
        pytest.param(
            DaySelection(date_from=date.min, date_to=date(1, 1, 20)), "too long ago", id="year one"
        ),
    ],
)
def test_days_that_cannot_be_run_are_refused(asked: DaySelection, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        asked.resolve(TODAY)


def test_the_same_request_has_the_same_key_whatever_the_order_of_academies() -> None:
    one, other = (
        RunRequest(report_type="churn", day_from=TODAY, day_to=TODAY, academies=academies)
        for academies in ([1, 2], [2, 1])
    )

    assert one.key == other.key


def test_chunks_reach_no_further_than_their_days_allow() -> None:
    days = [date(2026, 3, n) for n in (1, 2, 3, 9, 10)]

    chunks = list(split(days, 3))

    assert chunks == [days[:3], days[3:]]
