"""What is taken over of the platform besides statuses."""

import pytest

from tests.sources.platform.academy import Academy, counts
from tests.support.subscriptions import Value, at

TEAMS = {
    "subscription": ("subscriptionbillingteam", "subscription_id", "billing_team_id"),
    "planfinancing": ("planfinancingteam", "financing_id", "team_id"),
}


async def add_seat(academy: Academy, kind: str, owner: int, number: int, **changes: Value) -> None:
    """Give user 8 a seat of the owner's, on 1 April."""
    team, owned, key = TEAMS[kind]
    await academy.insert(f"payments_{team}", **{"id": number, owned: owner})
    row: dict[str, Value] = {"id": number, key: number, "user_id": 8}
    stamps: dict[str, Value] = {"created_at": at("04-01"), "updated_at": at("04-01")}
    await academy.insert(f"payments_{kind}seat", **row | stamps | changes)


async def test_reading_twice_is_once(academy: Academy) -> None:
    await academy.add(valid_until=None)
    await academy.add("planfinancing", id=4)
    await add_seat(academy, "subscription", 9, 5)
    await add_seat(academy, "planfinancing", 4, 6)
    first = await academy.sync()
    before = await academy.everything()

    second = await academy.sync(at("06-02"))

    assert (counts(first).inserted, counts(second).unchanged) == (4, 4)
    assert (counts(second).inserted, counts(second).changed, second.vanished) == (0, 0, 0)
    assert await academy.everything() == before


async def test_a_subscription_without_cohorts_is_one(academy: Academy) -> None:
    await academy.add(selected_cohort_set_id=None)

    await academy.sync()

    assert await academy.known("user_id || '/' || academy_id || '/' || plan") == "7/3/pro"


async def test_a_trial_ends_with_its_time(academy: Academy) -> None:
    await academy.add(status="FREE_TRIAL", valid_until=at("03-08"), next_payment_at=at("03-08"))

    await academy.sync()

    assert await academy.known("trial_ends_at") == "2024-03-08 00:00:00+00"


@pytest.mark.parametrize(
    ("amount", "period", "unit", "every", "mrr"),
    [
        (120.0, "NO_SET", "MONTH", 1, "120"),
        (120.0, "NO_SET", "MONTH", 3, "40"),
        (120.0, "NO_SET", "YEAR", 1, "10"),
        (7.0, "NO_SET", "WEEK", 1, "30.44"),
        (1.0, "NO_SET", "DAY", 1, "30.44"),
        (120.0, "QUARTER", "MONTH", 1, "40"),
        (120.0, "HALF", "MONTH", 1, "20"),
        (120.0, "YEAR", "MONTH", 1, "10"),
        (0.0, "MONTH", "MONTH", 1, "0"),
        (120.0, "NO_SET", "MONTH", 0, None),
        (-5.0, "MONTH", "MONTH", 1, None),
        (float("nan"), "MONTH", "MONTH", 1, None),
    ],
)
async def test_the_price_is_a_months_share_of_what_was_paid(
    academy: Academy, amount: float, period: str, unit: str, every: int, mrr: str | None
) -> None:
    await academy.add(pay_every=every, pay_every_unit=unit)
    await academy.pay(amount, "03-01", period)

    await academy.sync()

    assert await academy.known("mrr") == mrr


async def test_the_price_is_that_of_the_latest_paid_invoice(academy: Academy) -> None:
    await academy.add()
    await academy.pay(99.0, "04-01")
    await academy.pay(49.0, "03-01")
    await academy.pay(10.0, "05-01", status="REFUNDED")

    await academy.sync()

    assert await academy.known("mrr || ' ' || currency") == "99 USD"


async def test_an_invoice_paid_nobody_knows_when_is_not_the_latest(academy: Academy) -> None:
    await academy.execute("ALTER TABLE payments_invoice ALTER paid_at DROP NOT NULL")
    await academy.add()
    await academy.pay(49.0, "03-01")
    await academy.execute("UPDATE payments_invoice SET paid_at = NULL")
    await academy.pay(99.0, "04-01")

    await academy.sync()

    assert await academy.known("mrr") == "99"


async def test_a_plan_in_instalments_lasts_until_it_expires(academy: Academy) -> None:
    await academy.add("planfinancing", id=4)

    await academy.sync()

    known = "mrr || ' ' || currency || ' ' || plan || ' ' || to_char(valid_until, 'MM-DD')"
    assert await academy.known(known, "financing:4") == "250 EUR pro 12-01"


@pytest.mark.parametrize(
    ("kind", "prefix"), [("subscription", "seat"), ("planfinancing", "financing-seat")]
)
async def test_a_seat_is_as_its_owner_from_when_it_was_given(
    academy: Academy, kind: str, prefix: str
) -> None:
    await academy.add(kind)
    await add_seat(academy, kind, 9, 5)
    await academy.sync(at("04-02"))

    await academy.save("05-01 08:00", kind, status="PAYMENT_ISSUE")
    await academy.sync(at("05-02"))

    seat = f"{prefix}:5"
    assert await academy.timeline(seat) == [
        "ACTIVE 04-01 00:00 to 05-01 08:00",
        "PAYMENT_ISSUE 05-01 08:00",
    ]
    assert await academy.known("user_id || '/' || academy_id || coalesce(mrr::text, '')", seat) == (
        "8/3"
    )


@pytest.mark.parametrize(
    ("kind", "prefix"), [("subscription", "seat"), ("planfinancing", "financing-seat")]
)
@pytest.mark.parametrize("stamped", ["04-01", None])
async def test_a_seat_is_read_again_while_its_owner_has_no_stamp(
    academy: Academy, kind: str, prefix: str, stamped: str | None
) -> None:
    for table in (f"payments_{kind}", f"payments_{kind}seat"):
        await academy.execute(f"ALTER TABLE {table} ALTER updated_at DROP NOT NULL")
    await academy.add(kind, updated_at=None)
    await add_seat(academy, kind, 9, 5, updated_at=at(stamped) if stamped else None)
    await academy.sync(at("05-01"))
    await academy.update(kind, status="PAYMENT_ISSUE")

    await academy.sync(at("05-02"), full=False)

    assert await academy.timeline(f"{prefix}:5") == [
        "ACTIVE 04-01 00:00 to 05-02 00:00",
        "PAYMENT_ISSUE 05-02 00:00",
    ]


async def test_a_seat_that_is_free_or_nobodys_is_none(academy: Academy) -> None:
    await academy.add()
    await academy.add(id=10)
    await add_seat(academy, "subscription", 9, 5, is_active=False)
    await add_seat(academy, "subscription", 10, 6, user_id=None)

    result = await academy.sync()

    assert counts(result).read == 2


async def test_only_those_who_subscribe_are_known_by_name(academy: Academy) -> None:
    await academy.add()
    await academy.add(id=10, user_id=8)

    await academy.sync()

    kept = await academy.everything()
    assert '(7,ada@example.com,"Ada Lovelace")' in kept
    assert "(8,bob@example.com,Bob)" in kept
    assert "(3,downtown,Downtown)" in kept
    assert not any("staff" in row for row in kept)


async def test_scores_are_one_sample_a_user_and_moment(academy: Academy) -> None:
    await academy.execute(
        """
        INSERT INTO assignments_assignmenttelemetry
            (user_id, asset_slug, engagement_score, frustration_score, updated_at)
        VALUES (7, 'a', 40, NULL, '2024-05-01'), (7, 'b', 60, 'NaN', '2024-05-01'),
            (7, 'c', -20, 130, '2024-05-02'), (8, 'a', NULL, NULL, '2024-05-01'),
            (8, 'b', 50, 50, '2024-06-02')
        """
    )

    result = await academy.sync()

    kept = await academy.everything()
    assert counts(result, "telemetry").inserted == 2
    assert '(7,"2024-05-01 00:00:00+00",50,)' in kept
    assert '(7,"2024-05-02 00:00:00+00",0,100)' in kept


async def test_scores_are_clamped_before_their_mean_is_taken(academy: Academy) -> None:
    await academy.execute(
        """
        INSERT INTO assignments_assignmenttelemetry
            (user_id, asset_slug, engagement_score, frustration_score, updated_at)
        VALUES (7, 'a', 150, -1e300, '2024-05-01'), (7, 'b', 50, 1e300, '2024-05-01'),
            (8, 'a', NULL, 1e300, '2024-05-01'), (8, 'b', NULL, NULL, '2024-05-01')
        """
    )

    await academy.sync()

    kept = await academy.everything()
    assert '(7,"2024-05-01 00:00:00+00",75,50)' in kept
    assert '(8,"2024-05-01 00:00:00+00",,100)' in kept
