"""Days of 23, 24 and 25 hours, and the offsets that make them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.days import (
    ONE_DAY,
    day_of,
    days_between,
    end_of,
    number_of,
    offsets_between,
    start_of,
)

ZONES = [
    "UTC",
    "Europe/Madrid",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
]
"""With summer time on both halves of the earth, by half an hour, at midnight, and without."""

SKIPPED = ("Pacific/Apia", date(2011, 12, 30))
"""The one day since 1970 that a zone of the list never had."""

zones = st.sampled_from(ZONES)
days = st.dates(date(2000, 1, 1), date(2030, 12, 31))
instants = st.integers(946_684_800, 1_924_905_600).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param("UTC", date(2024, 3, 31), 24.0, id="no summer time"),
        pytest.param("Europe/Madrid", date(2024, 3, 31), 23.0, id="spring"),
        pytest.param("Europe/Madrid", date(2024, 10, 27), 25.0, id="autumn"),
        pytest.param("Europe/Madrid", date(2024, 10, 28), 24.0, id="the day after"),
        pytest.param("America/New_York", date(2024, 3, 10), 23.0, id="west of Greenwich"),
        pytest.param("Asia/Kolkata", date(2024, 3, 31), 24.0, id="half an hour"),
        pytest.param("Australia/Lord_Howe", date(2024, 4, 7), 24.5, id="half an hour more"),
        pytest.param("Australia/Lord_Howe", date(2024, 10, 6), 23.5, id="half an hour less"),
        pytest.param("America/Santiago", date(2024, 9, 8), 23.0, id="no midnight"),
        pytest.param("America/Santiago", date(2024, 4, 6), 25.0, id="two midnights at its end"),
        pytest.param("America/Havana", date(2024, 11, 3), 25.0, id="two midnights at its start"),
        pytest.param("Asia/Beirut", date(2024, 3, 31), 23.0, id="no midnight, in the east"),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, day: date, hours: float) -> None:
    length = end_of(day, ZoneInfo(zone)) - start_of(day, ZoneInfo(zone))

    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        pytest.param("UTC", date(2024, 3, 14), "2024-03-14T00:00", id="utc"),
        pytest.param("Asia/Kolkata", date(2024, 3, 14), "2024-03-13T18:30", id="half hour"),
        pytest.param("Asia/Kathmandu", date(2024, 3, 14), "2024-03-13T18:15", id="quarter hour"),
        pytest.param("America/Santiago", date(2024, 9, 8), "2024-09-08T04:00", id="begins at one"),
        pytest.param("America/Santiago", date(2024, 4, 7), "2024-04-07T04:00", id="after two"),
        pytest.param("America/Havana", date(2024, 11, 3), "2024-11-03T04:00", id="first of two"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, instant: str) -> None:
    assert start_of(day, ZoneInfo(zone)) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@given(zones, instants)
def test_an_instant_lies_within_its_day(name: str, instant: datetime) -> None:
    zone = ZoneInfo(name)

    day = day_of(instant, zone)

    assert start_of(day, zone) <= instant < end_of(day, zone)


@given(zones, days)
def test_a_day_begins_where_the_one_before_it_ends(name: str, day: date) -> None:
    zone = ZoneInfo(name)

    assert end_of(day - ONE_DAY, zone) == start_of(day, zone)
    if (name, day) != SKIPPED:
        assert day_of(start_of(day, zone), zone) == day
        assert day_of(start_of(day, zone) - timedelta(microseconds=1), zone) < day


@pytest.mark.law
@given(zones, days, st.integers(0, 400), st.floats(0, 1, exclude_max=True))
def test_an_offset_is_that_of_the_zone(name: str, first: date, count: int, share: float) -> None:
    zone, last = ZoneInfo(name), first + timedelta(days=count)
    begins_at, ends_at = start_of(first, zone), end_of(last, zone)
    instant = begins_at + (ends_at - begins_at) * share

    offsets = offsets_between(first, last, zone)

    seconds = [offset.seconds for offset in offsets if offset.since <= instant][-1]
    assert timedelta(seconds=seconds) == instant.astimezone(zone).utcoffset()


@pytest.mark.law
@given(zones, days, st.integers(0, 400))
def test_offsets_rise_and_change_to_the_second(name: str, first: date, count: int) -> None:
    zone = ZoneInfo(name)

    offsets = offsets_between(first, first + timedelta(days=count), zone)

    assert offsets[0].since == start_of(first, zone)
    for before, after in pairwise(offsets):
        assert before.since < after.since
        just_before = (after.since - timedelta(seconds=1)).astimezone(zone).utcoffset()
        assert just_before == timedelta(seconds=before.seconds)
        assert before.seconds != after.seconds


def test_a_zone_without_summer_time_has_one_offset() -> None:
    (offset,) = offsets_between(date(2020, 1, 1), date(2024, 12, 31), ZoneInfo("Asia/Kolkata"))

    assert offset.seconds == 19_800


def test_days_are_listed_with_both_ends() -> None:
    days_of_march = days_between(date(2024, 2, 28), date(2024, 3, 1))

    assert [day.day for day in days_of_march] == [28, 29, 1]
    assert days_between(date(2024, 3, 1), date(2024, 2, 29)) == []


def test_days_are_numbered_from_1970() -> None:
    assert [number_of(date(1970, 1, 1)), number_of(date(2024, 3, 14))] == [0, 19_796]
