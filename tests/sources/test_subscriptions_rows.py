"""What becomes of the rows of one file of subscriptions, whatever their order."""

from collections.abc import Sequence

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import Invalid
from app.sources.directory import erasure
from tests.support.subscriptions import (
    NOW,
    Row,
    at,
    everything,
    subscription,
    tell,
    timeline,
)

MANY = [
    subscription(updated_at=at("03-02")),
    subscription(status="PAYMENT_ISSUE", updated_at=at("04-01")),
    subscription(status="EXPIRED", ended_at=at("04-08"), updated_at=at("04-09")),
    subscription(id="s2", status="CANCELLED", cancelled_at=at("04-08")),
    subscription(id="s3", status="ERROR", updated_at=at("04-08")),
]


async def test_rows_of_one_subscription_are_applied_by_stamp(session: AsyncSession) -> None:
    counts = await tell(session, *reversed(MANY))

    assert (counts.inserted, counts.changed) == (3, 2)
    assert await timeline(session) == [
        "ACTIVE 03-01 00:00 to 04-01 00:00",
        "PAYMENT_ISSUE 04-01 00:00 to 04-09 00:00",
        "EXPIRED 04-09 00:00",
    ]


async def test_the_same_file_twice_changes_nothing(session: AsyncSession) -> None:
    await tell(session, *MANY)
    before = await everything(session)

    counts = await tell(session, *MANY, now=at("06-02"))

    assert (counts.inserted, counts.changed) == (0, 0)
    assert await everything(session) == before


@pytest.mark.parametrize("rows", [MANY[::-1], MANY + MANY, MANY[2:] + MANY[:3]])
async def test_order_and_copies_of_rows_do_not_matter(
    session: AsyncSession, rows: Sequence[Row]
) -> None:
    await tell(session, *MANY)
    expected = await everything(session)
    await _forget(session)

    counts = await tell(session, *rows)

    assert await everything(session) == expected
    assert counts.repeated == len(rows) - len(MANY)


@pytest.mark.parametrize("stamps", [("04-01", "04-01"), (None, None), (None, "04-01")])
async def test_rows_that_nothing_orders_are_refused(
    session: AsyncSession, stamps: Sequence[str | None]
) -> None:
    first, second = (at(stamp) if stamp else None for stamp in stamps)
    rows = [
        subscription(id="other"),
        subscription(updated_at=first),
        subscription(plan="pro", updated_at=second),
    ]

    with pytest.raises(Invalid, match=r"row 3, id: s1 has other values in row 2") as refused:
        await tell(session, *rows)

    assert [fault.pointer for fault in refused.value.faults] == ["/3/id"]


async def test_of_many_contradictions_ten_are_named_and_all_counted(session: AsyncSession) -> None:
    rows = [subscription(id=f"s{n % 12}", plan=str(n)) for n in range(24)]

    with pytest.raises(Invalid, match=r"12 faults:(?s:.*)and 2 more") as refused:
        await tell(session, *rows)

    assert len(refused.value.faults) == 10


async def test_every_row_read_is_counted_once(session: AsyncSession) -> None:
    await erasure.remember_erased(session, 666, NOW)
    await tell(session, subscription(id="old", updated_at=at("05-01")), subscription(id="same"))

    counts = await tell(
        session,
        *MANY,
        MANY[0],
        subscription(id="erased", user_id=666),
        subscription(id="old", updated_at=at("04-01")),
        subscription(id="same"),
    )

    parts = (counts.inserted, counts.changed, counts.unchanged, counts.stale)
    assert (*parts, counts.repeated, counts.skipped_erased) == (3, 2, 1, 1, 1, 1)
    assert counts.read == 9


async def test_a_file_without_rows_imports_nothing(session: AsyncSession) -> None:
    assert (await tell(session)).read == 0


async def test_a_hundred_thousand_come_in_at_once(session: AsyncSession) -> None:
    rows = [subscription(id=str(n), user_id=n + 1, status="CANCELLED") for n in range(100_000)]

    counts = await tell(session, *rows)

    assert counts.inserted == 100_000


async def _forget(session: AsyncSession) -> None:
    connection = await session.connection()
    await connection.exec_driver_sql("TRUNCATE subscriptions, subscription_history")
