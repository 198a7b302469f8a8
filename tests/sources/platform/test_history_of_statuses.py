"""What the history says after the platform changed and was read, step by step."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from tests.sources.platform.academy import Academy, counts
from tests.support.subscriptions import Value, at

pytestmark = pytest.mark.usefixtures("untraced")

Step = Callable[[Academy], Awaitable[None]]


def sold(**changes: Value) -> Step:
    return lambda academy: academy.add(**changes)


def saved(when: str, **changes: Value) -> Step:
    return lambda academy: academy.save(when, **changes)


def bulk(**changes: Value) -> Step:
    return lambda academy: academy.update(**changes)


def read(when: str) -> Step:
    async def step(academy: Academy) -> None:
        await academy.sync(at(when))
        before = await academy.everything()
        again = await academy.sync(at(when) + timedelta(minutes=1))
        assert await academy.everything() == before
        assert counts(again).changed == again.vanished == 0

    return step


OWING = saved("05-01 08:00", status="PAYMENT_ISSUE")
CASES: dict[str, tuple[Sequence[Step], Sequence[str], Sequence[str]]] = {
    "a renewal fails and is paid later": (
        [sold(), read("04-01"), OWING, read("05-02"), saved("05-03 09:00", status="ACTIVE"),
         read("05-04")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00 to 05-03 09:00",
         "ACTIVE 05-03 09:00"],
        ["-", "-", "-"],
    ),
    "a renewal fails and expires, saved": (
        [sold(), read("04-01"), OWING, read("05-02"), saved("05-06 09:00", status="EXPIRED"),
         read("05-07")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00 to 05-06 09:00",
         "EXPIRED 05-06 09:00"],
        ["-", "-", "INVOLUNTARY"],
    ),
    "a renewal fails and expires in bulk, without a stamp": (
        [sold(), read("04-01"), OWING, read("05-02"), bulk(status="EXPIRED"), read("05-09")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00 to 05-09 00:00",
         "EXPIRED 05-09 00:00"],
        ["-", "-", "INVOLUNTARY"],
    ),
    "it expires in bulk after something else was saved": (
        [sold(), read("04-01"), OWING, read("05-02"), saved("05-03 08:00", status_message="again"),
         bulk(status="EXPIRED"), read("05-09")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00 to 05-09 00:00",
         "EXPIRED 05-09 00:00"],
        ["-", "-", "INVOLUNTARY"],
    ),
    "it is charged again every day": (
        [sold(), read("04-01"), OWING, saved("05-01 20:00", status_message="again"), read("05-02"),
         saved("05-02 08:00", status_message="again"), read("05-03")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00"],
        ["-", "-"],
    ),
    "it is cancelled and reactivated": (
        [sold(), read("04-01"), saved("05-01 08:00", status="CANCELLED"), read("05-02"),
         saved("05-10 09:00", status="ACTIVE"), read("05-11")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "CANCELLED 05-01 08:00 to 05-10 09:00",
         "ACTIVE 05-10 09:00"],
        ["-", "VOLUNTARY", "-"],
    ),
    "it is cancelled and reactivated between two readings": (
        [sold(), read("04-01"), saved("05-01 08:00", status="CANCELLED"),
         saved("05-01 09:00", status="ACTIVE"), read("05-02")],
        ["ACTIVE 03-01 00:00"],
        ["-"],
    ),
    "it is cancelled and its time runs out": (
        [sold(), read("04-01"), saved("05-01 08:00", status="CANCELLED"), read("05-02"),
         bulk(status="EXPIRED"), read("07-02")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "CANCELLED 05-01 08:00 to 07-02 00:00",
         "EXPIRED 07-02 00:00"],
        ["-", "VOLUNTARY", "VOLUNTARY"],
    ),
    "a trial never leaves FREE_TRIAL": (
        [sold(status="FREE_TRIAL", valid_until=at("03-08"), next_payment_at=at("03-08")),
         read("03-02"), read("05-01")],
        ["FREE_TRIAL 03-01 00:00"],
        ["-"],
    ),
    "a renewal moves the next payment": (
        [sold(), read("04-01"), saved("05-01 08:00", next_payment_at=at("08-01")), read("05-02")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "ACTIVE 05-01 08:00"],
        ["-", "-"],
    ),
    "a date is corrected in bulk": (
        [sold(), read("04-01"), bulk(next_payment_at=at("08-01")), read("05-02")],
        ["ACTIVE 03-01 00:00 to 05-02 00:00", "ACTIVE 05-02 00:00"],
        ["-", "-"],
    ),
    "the plan is discontinued": (
        [sold(), read("04-01"), saved("05-01 08:00", status="DEPRECATED"), read("05-02")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "DEPRECATED 05-01 08:00"],
        ["-", "OTHER"],
    ),
    "it is first read when it owes, and was charged again since": (
        [sold(), OWING, saved("05-03 08:00", status_message="again"), read("05-04")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "PAYMENT_ISSUE 05-01 08:00"],
        ["-", "-"],
    ),
    "it is first read when it is cancelled": (
        [sold(), saved("05-01 08:00", status="CANCELLED"), read("05-04")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "CANCELLED 05-01 08:00"],
        ["-", "VOLUNTARY"],
    ),
    "it is first read when it expired with its time": (
        [sold(valid_until=at("04-01"), updated_at=at("03-20")), bulk(status="EXPIRED"),
         read("05-04")],
        ["ACTIVE 03-01 00:00 to 04-01 00:00", "EXPIRED 04-01 00:00"],
        ["-", "COMPLETED"],
    ),
    "it is first read when it is over and its status was never stamped": (
        [sold(updated_at=at("03-20")), bulk(status="DEPRECATED"), read("05-04")],
        ["ACTIVE 03-01 00:00 to 03-20 00:00", "DEPRECATED 03-20 00:00"],
        ["-", "OTHER"],
    ),
    "it is first read when it owes and nothing was stamped": (
        [sold(updated_at=at("03-20")), bulk(status="PAYMENT_ISSUE"), read("05-04")],
        ["ACTIVE 03-01 00:00 to 03-20 00:00", "PAYMENT_ISSUE 03-20 00:00"],
        ["-", "-"],
    ),
    "it is first read when it expired for want of payment": (
        [sold(), saved("07-06 08:00", status="EXPIRED",
                       status_message="Payment failed for more than 5 days"), read("07-07")],
        ["ACTIVE 03-01 00:00 to 07-06 08:00", "EXPIRED 07-06 08:00"],
        ["-", "INVOLUNTARY"],
    ),
    "a backup of the platform takes it back": (
        [sold(), saved("05-01 08:00", status="CANCELLED"), read("05-04"),
         bulk(status="ACTIVE", updated_at=at("03-01"), last_status_change_at=None), read("05-05")],
        ["ACTIVE 03-01 00:00 to 05-01 08:00", "CANCELLED 05-01 08:00"],
        ["-", "VOLUNTARY"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_history_is_right_after_each_change(academy: Academy, name: str) -> None:
    steps, versions, how = CASES[name]

    for step in steps:
        await step(academy)

    assert await academy.timeline() == versions
    assert await academy.reasons() == how


@pytest.mark.parametrize(
    ("status", "column"),
    [("CANCELLED", "cancelled_at"), ("EXPIRED", "ended_at"), ("FULLY_PAID", "ended_at")],
)
async def test_an_end_is_when_the_status_was_stamped(
    academy: Academy, status: str, column: str
) -> None:
    await academy.add()
    await academy.sync(at("04-01"))

    await academy.save("05-01 08:00", status=status)
    await academy.save("05-01 20:00", status_message="something else")
    await academy.sync(at("05-02"))

    assert await academy.known(column) == "2024-05-01 08:00:00+00"


async def test_an_end_without_a_stamp_is_when_it_was_seen(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("04-01"))

    await academy.update(status="EXPIRED")
    await academy.sync(at("05-02"))
    await academy.sync(at("05-03"))

    assert await academy.known("ended_at") == "2024-05-02 00:00:00+00"


async def test_a_stamp_ahead_of_our_clock_counts_from_now(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("04-01"))

    await academy.save("05-02 00:05", status="CANCELLED")
    await academy.sync(at("05-02"))
    await academy.sync(at("05-03"))

    assert (await academy.timeline())[-1] == "CANCELLED 05-02 00:00"
