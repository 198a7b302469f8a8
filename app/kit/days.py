"""Days in a time zone, and the UTC instants at which they begin and end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """What is added to UTC from `since` on to read the zone's clock."""

    since: datetime
    seconds: int


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which `day` begins in `zone`."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the day after `day` begins in `zone`."""
    return start_of(day + ONE_DAY, zone)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the day that `instant` falls on in `zone`."""
    return instant.astimezone(zone).date()


def number_of(day: date) -> int:
    """Return the days between 1970-01-01 and `day`."""
    return (day - EPOCH).days


def days_between(first: date, last: date) -> Sequence[date]:
    """List the days from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def stretches(days: Iterable[date]) -> Iterator[Sequence[date]]:
    """Part days into those that follow each other without a gap, oldest first."""
    stretch: list[date] = []
    for day in sorted(set(days)):
        if stretch and day - stretch[-1] > ONE_DAY:
            yield stretch
            stretch = []
        stretch.append(day)
    if stretch:
        yield stretch


def offsets_between(first: date, last: date, zone: ZoneInfo) -> Sequence[Offset]:
    """List the zone's offsets from the start of `first` to the end of `last`, oldest first.

    A day of 23 or 25 hours changes its offset within the day, so the instant is found by
    bisection to the second.
    """
    return list(_offsets(first, last, zone))


def _offsets(first: date, last: date, zone: ZoneInfo) -> Iterator[Offset]:
    known = Offset(since=start_of(first, zone), seconds=_seconds(start_of(first, zone), zone))
    yield known
    for day in days_between(first, last):
        ends_at = end_of(day, zone)
        if _seconds(ends_at, zone) != known.seconds:
            known = _change(start_of(day, zone), ends_at, zone)
            yield known


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> Offset:
    old = _seconds(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _seconds(middle, zone) == old:
            before = middle
        else:
            after = middle
    return Offset(since=after, seconds=_seconds(after, zone))


def _seconds(instant: datetime, zone: ZoneInfo) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
