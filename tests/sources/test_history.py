"""Versions of subscriptions: how each ended, ready-made ones, and what counted on a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.errors import Invalid
from app.sources.subscriptions import store
from tests.support.rows import VERSION
from tests.support.subscriptions import (
    NOW,
    Row,
    Value,
    at,
    everything,
    now_known,
    reasons,
    subscription,
    tell,
    tell_history,
    timeline,
)

TICK = timedelta(microseconds=1)
MIDNIGHT = at("04-02")


def changes(*statuses: str) -> list[Row]:
    """Return one subscription as it was told, a day apart."""
    return [
        subscription(status=status, updated_at=at("04-01") + timedelta(days=n))
        for n, status in enumerate(statuses)
    ]


def version(words: str, **changed: Value) -> Row:
    return subscription(effective_from=at(words), **changed)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["ACTIVE", "CANCELLED"], ["-", "VOLUNTARY"]),
        (["ACTIVE", "FULLY_PAID"], ["-", "COMPLETED"]),
        (["ACTIVE", "DEPRECATED"], ["-", "OTHER"]),
        (["ACTIVE", "EXPIRED"], ["-", "COMPLETED"]),
        (["ACTIVE", "PAYMENT_ISSUE", "EXPIRED"], ["-", "-", "INVOLUNTARY"]),
        (["ACTIVE", "CANCELLED", "EXPIRED"], ["-", "VOLUNTARY", "VOLUNTARY"]),
        (["ACTIVE", "ERROR", "EXPIRED"], ["-", "-", "INVOLUNTARY"]),
        (["ACTIVE", "ERROR", "ACTIVE", "EXPIRED"], ["-", "-", "-", "COMPLETED"]),
        (["FREE_TRIAL", "EXPIRED"], ["-", "COMPLETED"]),
    ],
)
async def test_how_it_ended_follows_from_what_it_was(
    session: AsyncSession, statuses: Sequence[str], expected: Sequence[str]
) -> None:
    for row in changes(*statuses):
        await tell(session, row)

    assert await reasons(session) == expected


async def test_how_it_ended_stays_when_something_else_changes(session: AsyncSession) -> None:
    await tell(session, *changes("ACTIVE", "ERROR", "EXPIRED"))

    await tell(session, subscription(status="EXPIRED", mrr=5.0, updated_at=at("05-01")))

    assert await reasons(session) == ["-", "-", "INVOLUNTARY", "INVOLUNTARY"]
    assert await now_known(session, "end_reason") == "INVOLUNTARY"


async def test_a_given_reason_wins(session: AsyncSession) -> None:
    await tell(session, subscription(status="CANCELLED", end_reason="OTHER"))

    assert await reasons(session) == ["OTHER"]


async def test_ready_made_versions_are_a_timeline(session: AsyncSession) -> None:
    versions = [
        version("04-03", status="EXPIRED"),
        version("03-01"),
        version("04-01", status="PAYMENT_ISSUE"),
    ]

    counts = await tell_history(session, *versions)

    assert (counts.inserted, counts.changed) == (3, 0)
    assert await timeline(session) == [
        "ACTIVE 03-01 00:00 to 04-01 00:00",
        "PAYMENT_ISSUE 04-01 00:00 to 04-03 00:00",
        "EXPIRED 04-03 00:00",
    ]
    assert await reasons(session) == ["-", "-", "INVOLUNTARY"]
    assert await now_known(session, "status") == "EXPIRED"


async def test_a_version_in_between_changes_what_the_next_one_means(session: AsyncSession) -> None:
    await tell_history(session, version("03-01"), version("04-03", status="EXPIRED"))

    await tell_history(session, version("04-01", status="ERROR"))

    assert await reasons(session) == ["-", "-", "INVOLUNTARY"]
    assert (await timeline(session))[0] == "ACTIVE 03-01 00:00 to 04-01 00:00"


async def test_a_version_written_later_from_the_same_moment_counts(session: AsyncSession) -> None:
    await tell_history(session, version("03-01"))

    counts = await tell_history(session, version("03-01", plan="pro"))

    assert (counts.changed, counts.inserted) == (1, 0)
    assert await timeline(session) == ["ACTIVE 03-01 00:00"]
    assert await now_known(session, "plan") == "pro"


async def test_the_same_history_twice_changes_nothing(session: AsyncSession) -> None:
    versions = [
        version("03-01"),
        version("04-01", status="CANCELLED", observed_at=at("04-01")),
        version("04-01", status="EXPIRED", observed_at=at("04-02")),
        version("04-01", status="EXPIRED", observed_at=at("04-02")),
    ]
    first = await tell_history(session, *versions)
    before = await everything(session)

    counts = await tell_history(session, *reversed(versions), now=at("06-02"))

    assert (first.inserted, first.stale, first.repeated) == (2, 1, 1)
    assert (counts.inserted, counts.changed, counts.unchanged) == (0, 0, 2)
    assert await everything(session) == before


async def test_versions_that_nothing_orders_are_refused(session: AsyncSession) -> None:
    with pytest.raises(Invalid, match="row 2, effective_from: s1 has other values in row 1"):
        await tell_history(session, version("03-01"), version("03-01", plan="pro"))


async def test_a_change_follows_ready_made_versions(session: AsyncSession) -> None:
    await tell_history(session, version("03-01"), version("04-01", updated_at=at("04-01")))

    await tell(session, subscription(status="CANCELLED", updated_at=at("04-05")))

    assert (await timeline(session))[-2:] == [
        "ACTIVE 04-01 00:00 to 04-05 00:00",
        "CANCELLED 04-05 00:00",
    ]


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        (MIDNIGHT - TICK, "ACTIVE"),
        (MIDNIGHT, "ACTIVE"),
        (MIDNIGHT + TICK, "PAYMENT_ISSUE"),
        (at("04-09"), "PAYMENT_ISSUE"),
        (at("04-09") + TICK, "CANCELLED"),
    ],
)
async def test_a_version_counts_once_the_day_ends_after_it_began(
    database: Database, instant: datetime, status: str
) -> None:
    async with database.transaction() as session:
        await tell_history(
            session,
            version("03-01"),
            version("04-02", status="PAYMENT_ISSUE"),
            version("04-09", status="CANCELLED"),
        )

    found = await store.versions_as_of(database, instant)

    assert dict(found.schema) == dict(VERSION)
    assert found["status"].to_list() == [status]


@pytest.mark.parametrize(("instant", "rows"), [(at("03-01"), 0), (at("03-01") + TICK, 1)])
async def test_what_has_not_started_by_the_end_of_the_day_is_not_there(
    database: Database, instant: datetime, rows: int
) -> None:
    async with database.transaction() as session:
        await tell_history(session, version("02-01"))

    assert (await store.versions_as_of(database, instant)).height == rows


async def test_academies_are_asked_for_by_number(database: Database) -> None:
    async with database.transaction() as session:
        rows = [subscription(id=f"s{n}", academy_id=n, mrr=n / 2) for n in (1, 2, 3)]
        await tell(session, *rows, subscription(id="over", academy_id=3, status="EXPIRED"))

    found = await store.versions_as_of(database, NOW, [2, 3, 9])

    assert sorted(found.select("academy_id", "status").rows()) == [
        (2, "ACTIVE"),
        (3, "ACTIVE"),
        (3, "EXPIRED"),
    ]
    assert await store.live_count(database, NOW, [2, 3]) == 2
    assert await store.live_count(database, NOW) == 3
    assert await store.known_academies(database) == [1, 2, 3]


async def test_the_extent_of_the_history_is_told(database: Database) -> None:
    empty = await store.extent(database)
    async with database.transaction() as session:
        await tell(session, subscription(), subscription(id="s2", started_at=at("02-01")))

    full = await store.extent(database)

    assert (empty.subscriptions, empty.first_started_at) == (0, None)
    assert (full.subscriptions, full.versions) == (2, 2)
    assert (full.first_started_at, full.newest_observed_at) == (at("02-01"), NOW)
