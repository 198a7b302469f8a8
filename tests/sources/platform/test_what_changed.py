"""Reading only what was stamped, comparing everything, and what is gone."""

import pytest

from app.kit.errors import Conflict
from app.sources.platform.sync_state import compared_at
from tests.sources.platform.academy import Academy, counts
from tests.support.subscriptions import at


async def test_only_what_was_stamped_since_is_read(academy: Academy) -> None:
    await academy.add()
    await academy.add(id=10)
    await academy.sync(at("05-01"))
    await academy.save("05-01 08:00", status="CANCELLED")

    result = await academy.sync(at("05-02"), full=False)

    assert (counts(result).read, counts(result).changed) == (1, 1)
    assert (await academy.timeline())[-1] == "CANCELLED 05-01 08:00"


async def test_what_was_committed_late_is_still_read(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("05-01 12:00"))
    await academy.save("05-01 11:30", status="CANCELLED")

    result = await academy.sync(at("05-01 13:00"), full=False)

    assert counts(result).changed == 1


async def test_the_first_reading_is_of_everything(academy: Academy) -> None:
    await academy.add()

    result = await academy.sync(full=False)

    assert counts(result).inserted == 1


async def test_only_a_full_reading_sees_what_was_not_stamped(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("05-01"))
    await academy.update(status="EXPIRED")

    quick = await academy.sync(at("05-02"), full=False)
    full = await academy.sync(at("05-03"))

    assert (counts(quick).read, counts(full).changed) == (0, 1)
    assert (await academy.timeline())[-1] == "EXPIRED 05-03 00:00"


async def test_the_time_of_the_last_full_comparison_is_known(academy: Academy) -> None:
    for when, full in (("05-01", True), ("05-02", False)):
        await academy.sync(at(when), full=full)

    async with academy.own.transaction() as session:
        assert await compared_at(session) == at("05-01")


async def test_a_deleted_subscription_ends_when_that_is_seen(academy: Academy) -> None:
    await academy.add()
    await academy.add(id=10)
    await academy.sync(at("05-01"))
    await academy.execute("DELETE FROM payments_subscription WHERE id = 9")

    quick = await academy.sync(at("05-02"), full=False)
    full = await academy.sync(at("05-03"))
    again = await academy.sync(at("05-04"))

    assert (quick.vanished, full.vanished, again.vanished) == (0, 1, 0)
    assert await academy.timeline() == [
        "ACTIVE 03-01 00:00 to 05-03 00:00",
        "DEPRECATED 05-03 00:00",
    ]
    assert await academy.reasons() == ["-", "OTHER"]
    assert await academy.timeline("subscription:10") == ["ACTIVE 03-01 00:00"]


async def test_a_subscription_that_reappears_is_live_again(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("05-01"))
    await academy.execute("DELETE FROM payments_subscription WHERE id = 9")
    await academy.sync(at("05-02"))
    await academy.add()

    await academy.sync(at("05-03"))

    assert (await academy.timeline())[-1] == "ACTIVE 05-03 00:00"


async def test_a_subscription_that_had_ended_stays_as_it_was(academy: Academy) -> None:
    await academy.add()
    await academy.save("04-01 08:00", status="CANCELLED")
    await academy.sync(at("05-01"))
    await academy.execute("DELETE FROM payments_subscription WHERE id = 9")

    assert (await academy.sync(at("05-02"))).vanished == 0


async def test_subscriptions_of_other_sources_are_not_compared(academy: Academy) -> None:
    await academy.add()
    await academy.sync(at("05-01"))
    await academy.execute_own("UPDATE subscriptions SET id = 'file:1'")
    await academy.execute_own("UPDATE subscription_history SET subscription_id = 'file:1'")
    await academy.execute("DELETE FROM payments_subscription")

    assert (await academy.sync(at("05-02"))).vanished == 0


async def test_an_empty_platform_is_not_believed(academy: Academy) -> None:
    await academy.execute(MANY)
    await academy.sync(at("05-01"))
    before = await academy.everything()
    await academy.execute("DELETE FROM payments_subscription")

    with pytest.raises(Conflict, match="20 of 20 live subscriptions"):
        await academy.sync(at("05-02"))

    assert await academy.everything() == before
    assert (await academy.sync(at("05-02"), accept_vanished=True)).vanished == 20


MANY = """
INSERT INTO payments_subscription
    (status, user_id, academy_id, next_payment_at, created_at, updated_at)
SELECT 'ACTIVE', n, 3, '2024-07-01', '2024-03-01', '2024-03-01' FROM generate_series(1, 20) AS n
"""
