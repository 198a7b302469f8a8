"""Who is a subscriber on a day, and what is known of that subscriber."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from app.kit.errors import Conflict
from app.sources.subscriptions.live_subscribers import subscribers_on
from tests.sources import live_reference
from tests.support.live_subscribers import UTC_ZONE, live_learners
from tests.support.rows import DAY, Row, at, version, versions

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("changes", "is_live"),
    [
        pytest.param({}, True, id="active"),
        pytest.param({"status": "FREE_TRIAL"}, True, id="trial"),
        pytest.param({"status": "PAYMENT_ISSUE"}, True, id="unpaid"),
        pytest.param({"status": "ERROR"}, True, id="error"),
        pytest.param({"status": "CANCELLED"}, False, id="cancelled"),
        pytest.param({"status": "EXPIRED"}, False, id="expired"),
        pytest.param({"status": "DEPRECATED"}, False, id="deprecated"),
        pytest.param({"status": "FULLY_PAID"}, False, id="fully paid"),
        pytest.param({"started_at": at("2024-03-14", "23:59")}, True, id="began late on the day"),
        pytest.param({"started_at": at("2024-03-15", "00:00")}, False, id="began after it"),
        pytest.param({"ended_at": at("2024-03-14", "23:59")}, False, id="ended late on the day"),
        pytest.param({"ended_at": at("2024-03-15", "00:00")}, True, id="ended as the day did"),
        pytest.param({"valid_until": at("2024-03-14", "00:00")}, True, id="valid on the day"),
        pytest.param({"valid_until": at("2024-03-13", "23:59")}, False, id="valid until before"),
        pytest.param({"cancelled_at": at("2024-03-01")}, True, id="will not be renewed"),
    ],
)
def test_a_subscription_is_live(changes: Row, *, is_live: bool) -> None:
    assert bool(live_learners(version(**changes))) is is_live


@pytest.mark.parametrize(
    ("changes", "is_live"),
    [
        pytest.param({"started_at": at("2024-03-14", "22:59")}, True, id="began on the day there"),
        pytest.param(
            {"started_at": at("2024-03-14", "23:00")}, False, id="began on the next there"
        ),
        pytest.param({"valid_until": at("2024-03-13", "23:00")}, True, id="valid on the day there"),
        pytest.param({"valid_until": at("2024-03-13", "22:59")}, False, id="valid until before"),
    ],
)
def test_days_are_those_of_the_zone(changes: Row, *, is_live: bool) -> None:
    assert bool(live_learners(version(**changes), zone=MADRID)) is is_live


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param(["FREE_TRIAL"], "FREE_TRIAL", id="a trial"),
        pytest.param(["FREE_TRIAL", "ACTIVE"], "ACTIVE", id="paying comes before trying"),
        pytest.param(["ACTIVE", "PAYMENT_ISSUE"], "PAYMENT_ISSUE", id="trouble comes first"),
        pytest.param(["ERROR", "FREE_TRIAL"], "PAYMENT_ISSUE", id="an error is trouble"),
        pytest.param(["FREE_TRIAL", "EXPIRED"], "FREE_TRIAL", id="what is over says nothing"),
    ],
)
def test_several_live_subscriptions_have_one_status(statuses: Sequence[str], expected: str) -> None:
    (row,) = live_learners(*(version(status=status) for status in statuses))

    assert row["subscription_status"] == expected


@pytest.mark.parametrize(
    ("rows", "renewal", "trial_end"),
    [
        pytest.param([version()], None, None, id="nothing known"),
        pytest.param([version(next_payment_at=at("2024-03-20"))], 6, None, id="renewal"),
        pytest.param([version(next_payment_at=at("2024-03-10"))], -4, None, id="overdue"),
        pytest.param(
            [version(next_payment_at=at(day)) for day in ("2024-03-20", "2024-03-15")],
            1,
            None,
            id="the soonest renewal",
        ),
        pytest.param(
            [version(), version(status="EXPIRED", next_payment_at=at("2024-03-15"))],
            None,
            None,
            id="of live ones only",
        ),
        pytest.param([version(trial_ends_at=at("2024-03-15"))], None, None, id="no trial any more"),
        pytest.param(
            [
                version(
                    status="FREE_TRIAL",
                    trial_ends_at=at("2024-03-16"),
                    valid_until=at("2024-03-15"),
                )
            ],
            None,
            2,
            id="the trial's own end",
        ),
        pytest.param(
            [
                version(
                    status="FREE_TRIAL",
                    valid_until=at("2024-03-17"),
                    next_payment_at=at("2024-03-15"),
                )
            ],
            1,
            3,
            id="else its validity",
        ),
        pytest.param(
            [version(status="FREE_TRIAL", next_payment_at=at("2024-03-18"))],
            4,
            4,
            id="else its payment",
        ),
        pytest.param(
            [
                version(status="FREE_TRIAL", trial_ends_at=at("2024-03-20")),
                version(status="FREE_TRIAL", trial_ends_at=at("2024-03-16")),
                version(status="ACTIVE", trial_ends_at=at("2024-03-15")),
            ],
            None,
            2,
            id="the earliest of trials",
        ),
    ],
)
def test_days_are_counted_to_renewal_and_trial_end(
    rows: Sequence[Row], renewal: int | None, trial_end: int | None
) -> None:
    (row,) = live_learners(*rows)

    assert (row["days_until_renewal"], row["days_until_trial_end"]) == (renewal, trial_end)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        pytest.param([(None, None)], (None, None), id="unknown"),
        pytest.param([(None, "EUR")], (None, None), id="a currency alone"),
        pytest.param([(9.5, "EUR")], (9.5, "EUR"), id="one"),
        pytest.param([(9.5, "EUR"), (None, "USD")], (9.5, "EUR"), id="one known"),
        pytest.param([(0.1, "EUR"), (0.2, "EUR")], (0.3, "EUR"), id="an exact sum"),
        pytest.param([(5, "EUR"), (8, "USD"), (4, "EUR")], (9, "EUR"), id="the highest sum"),
        pytest.param([(5, "USD"), (5, "EUR")], (5, "EUR"), id="equal sums"),
        pytest.param([(5, None), (5, "USD")], (5, "USD"), id="a code comes before none"),
        pytest.param([(6, None), (5, "USD")], (6, None), id="more of none"),
        pytest.param([(0, "USD")], (0, "USD"), id="free"),
    ],
)
def test_amounts_are_summed_in_one_currency(
    amounts: Sequence[tuple[float | None, str | None]], expected: tuple[float, str]
) -> None:
    (row,) = live_learners(*(version(mrr=mrr, currency=code) for mrr, code in amounts))

    assert (row["mrr"], row["currency"]) == expected


def test_each_academy_has_its_own_row_in_order() -> None:
    pairs = [(2, 1), (1, 3), (1, 2), (2, 1)]

    rows = live_learners(*(version(academy_id=a, user_id=u) for a, u in pairs))

    assert [(row["academy_id"], row["user_id"]) for row in rows] == [(1, 2), (1, 3), (2, 1)]


def test_no_versions_are_no_subscribers() -> None:
    frame = subscribers_on(versions(), DAY, UTC_ZONE)

    assert frame.is_empty()
    assert dict(frame.schema) == live_reference.SCHEMA


def test_large_amounts_are_added_up_exactly() -> None:
    (row,) = live_learners(*(version(mrr=9e14, currency="EUR") for _ in range(2)))

    assert row["mrr"] == 1.8e15


def test_an_amount_that_nobody_pays_is_refused() -> None:
    with pytest.raises(Conflict, match=r"User 1 .* mrr of 1e\+300"):
        live_learners(version(mrr=1e300))


def test_an_amount_of_what_is_over_counts_for_nothing() -> None:
    (row,) = live_learners(version(mrr=1e300, status="EXPIRED"), version(mrr=5.0))

    assert row["mrr"] == 5.0
