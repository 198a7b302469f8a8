"""When what is told of a subscription takes effect."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.sources.subscriptions.statuses import LIVE, OWING, SubscriptionStatus
from tests.support.subscriptions import (
    Row,
    at,
    everything,
    now_known,
    subscription,
    tell,
    timeline,
    version_count,
)

OVER = sorted(set(SubscriptionStatus) - LIVE)


@pytest.mark.parametrize("status", ["FREE_TRIAL", "ACTIVE"])
async def test_first_seen_live_it_has_been_so_since_its_start(
    session: AsyncSession, status: str
) -> None:
    await tell(session, subscription(status=status, updated_at=at("04-01")))

    assert await timeline(session) == [f"{status} 03-01 00:00"]


@pytest.mark.parametrize("status", sorted(OWING))
async def test_first_seen_owing_it_was_active_until_its_stamp(
    session: AsyncSession, status: str
) -> None:
    await tell(session, subscription(status=status, updated_at=at("04-01 08:00")))

    assert await timeline(session) == [
        "ACTIVE 03-01 00:00 to 04-01 08:00",
        f"{status} 04-01 08:00",
    ]


@pytest.mark.parametrize("stamp", [None, at("02-01"), at("03-01")])
async def test_first_seen_owing_without_a_later_stamp_it_always_owed(
    session: AsyncSession, stamp: datetime | None
) -> None:
    await tell(session, subscription(status="PAYMENT_ISSUE", updated_at=stamp))

    assert await timeline(session) == ["PAYMENT_ISSUE 03-01 00:00"]
    assert await version_count(session) == 1


@pytest.mark.parametrize("status", OVER)
@pytest.mark.parametrize(
    ("dates", "turned"),
    [
        ({"cancelled_at": at("04-02"), "ended_at": at("04-03"), "updated_at": at("04-04")}, "02"),
        ({"ended_at": at("04-03"), "updated_at": at("04-04")}, "03"),
        ({"updated_at": at("04-04")}, "04"),
    ],
)
async def test_first_seen_over_it_was_active_until_it_turned(
    session: AsyncSession, status: str, dates: Row, turned: str
) -> None:
    await tell(session, subscription(status=status, **dates))

    assert await timeline(session) == [
        f"ACTIVE 03-01 00:00 to 04-{turned} 00:00",
        f"{status} 04-{turned} 00:00",
    ]


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"cancelled_at": at("03-01")},
        {"ended_at": at("02-01"), "updated_at": at("04-01")},
        {"cancelled_at": at("02-01"), "ended_at": at("04-01")},
    ],
)
async def test_over_before_it_began_it_was_never_active(session: AsyncSession, dates: Row) -> None:
    await tell(session, subscription(status="CANCELLED", **dates))

    assert await timeline(session) == ["CANCELLED 03-01 00:00"]
    assert await version_count(session) == 1


async def test_what_it_was_before_it_was_over_has_no_end(session: AsyncSession) -> None:
    over = {"cancelled_at": at("04-02"), "ended_at": at("04-03"), "next_payment_at": at("05-01")}
    await tell(session, subscription(status="CANCELLED", plan="pro", end_reason="OTHER", **over))

    first = next(row for row in await everything(session) if '"status": "ACTIVE"' in row)

    for name in ("cancelled_at", "ended_at", "next_payment_at", "end_reason"):
        assert f'"{name}": null' in first
    assert '"plan": "pro"' in first


async def test_what_it_was_before_it_owed_has_no_next_payment(session: AsyncSession) -> None:
    dates = {"next_payment_at": at("04-01"), "cancelled_at": at("05-01")}
    await tell(session, subscription(status="ERROR", updated_at=at("04-02"), **dates))

    first = next(row for row in await everything(session) if '"status": "ACTIVE"' in row)

    assert '"next_payment_at": null' in first
    assert '"cancelled_at": "2024-05-01T00:00:00+00:00"' in first


async def test_a_later_change_counts_from_its_stamp(session: AsyncSession) -> None:
    await tell(session, subscription(updated_at=at("03-02")))
    change = subscription(
        status="CANCELLED", cancelled_at=at("04-01"), updated_at=at("04-03 07:00")
    )

    counts = await tell(session, change)

    assert counts.changed == 1
    assert await timeline(session) == ["ACTIVE 03-01 00:00 to 04-03 07:00", "CANCELLED 04-03 07:00"]


@pytest.mark.parametrize("stamps", [("03-02", "03-02"), (None, None), ("03-02", None)])
async def test_other_content_without_a_newer_stamp_counts_from_when_it_was_seen(
    session: AsyncSession, stamps: Sequence[str | None]
) -> None:
    before, after = (at(stamp) if stamp else None for stamp in stamps)
    await tell(session, subscription(updated_at=before), now=at("05-01"))

    await tell(session, subscription(plan="pro", updated_at=after), now=at("05-02 10:00"))

    assert await timeline(session) == ["ACTIVE 03-01 00:00 to 05-02 10:00", "ACTIVE 05-02 10:00"]


async def test_a_first_stamp_counts_if_it_is_after_the_version(session: AsyncSession) -> None:
    await tell(session, subscription())

    await tell(session, subscription(plan="pro", updated_at=at("04-01")))

    assert await timeline(session) == ["ACTIVE 03-01 00:00 to 04-01 00:00", "ACTIVE 04-01 00:00"]


async def test_a_first_stamp_before_the_version_does_not_rewrite_it(session: AsyncSession) -> None:
    await tell(session, subscription())

    await tell(session, subscription(plan="pro", updated_at=at("02-01")))

    assert await timeline(session) == ["ACTIVE 03-01 00:00 to 06-01 12:00", "ACTIVE 06-01 12:00"]


async def test_an_older_stamp_is_stale(session: AsyncSession) -> None:
    await tell(session, subscription(updated_at=at("04-02")))
    before = await everything(session)

    counts = await tell(session, subscription(status="CANCELLED", updated_at=at("04-01")))

    assert (counts.stale, counts.changed) == (1, 0)
    assert await everything(session) == before


async def test_a_newer_stamp_alone_is_no_change_and_makes_what_is_older_stale(
    session: AsyncSession,
) -> None:
    await tell(session, subscription(updated_at=at("04-01")))

    touched = await tell(session, subscription(updated_at=at("04-03")))
    older = await tell(session, subscription(plan="pro", updated_at=at("04-02")))

    assert (touched.unchanged, older.stale) == (1, 1)
    assert await timeline(session) == ["ACTIVE 03-01 00:00"]
    assert await now_known(session, "updated_at") == "2024-04-03 00:00:00+00"


async def test_a_change_without_a_stamp_does_not_forget_the_newest(session: AsyncSession) -> None:
    await tell(session, subscription(updated_at=at("04-02")))
    await tell(session, subscription(plan="pro"))

    counts = await tell(session, subscription(plan="old", updated_at=at("04-01")))

    assert counts.stale == 1
    assert await now_known(session, "plan") == "pro"


async def test_a_change_before_the_start_counts_at_the_start(session: AsyncSession) -> None:
    await tell(session, subscription(started_at=at("07-01"), updated_at=at("05-01")))

    await tell(session, subscription(started_at=at("07-01"), plan="pro", updated_at=at("05-02")))

    assert await timeline(session) == ["ACTIVE 07-01 00:00"]
    assert await now_known(session, "plan") == "pro"


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": 8},
        {"academy_id": 4},
        {"plan": "pro"},
        {"started_at": at("03-02")},
        {"trial_ends_at": at("03-08")},
        {"next_payment_at": at("05-01")},
        {"valid_until": at("05-01")},
        {"cancelled_at": at("05-01")},
        {"ended_at": at("05-01")},
        {"end_reason": "OTHER"},
        {"mrr": 9.5},
        {"currency": "EUR"},
    ],
)
async def test_every_field_but_the_stamp_makes_a_version(
    session: AsyncSession, change: Row
) -> None:
    await tell(session, subscription())

    counts = await tell(session, subscription(**change))

    (name, value) = next(iter(change.items()))
    assert counts.changed == 1
    assert (await now_known(session, name)).startswith(str(value)[:10])
