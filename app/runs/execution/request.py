"""What a run is asked for, and the days that it means."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self, TypedDict, Unpack

from app.kit.days import ONE_DAY, days_between
from app.kit.errors import Fault, Invalid
from app.runs.models import Only

MAX_RUN_DAYS = 1500
MAX_DAYS_BACK = 366
EARLIEST_DAY = date(1971, 1, 1)
"""Days are counted from 1970, and the windows of this one lie after that in every zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySelection:
    """The ways to name the days of a run, at most one of them; none is yesterday."""

    day: date | None = None
    date_from: date | None = None
    date_to: date | None = None
    days_back: int | None = None

    def resolve(self, today: date) -> tuple[date, date]:
        """Return the first and the last day; raise `Invalid` for what cannot be run."""
        self._check_one_way()
        yesterday = today - ONE_DAY
        first, last = self._ends(yesterday)
        if first > last:
            raise _invalid("date_from", f"the first day, {first}, is after the last, {last}")
        if last > yesterday:
            raise _invalid("date", f"{last} is not over yet; the newest day is {yesterday}")
        if first < EARLIEST_DAY:
            raise _invalid("date", f"{first} is too long ago; the earliest day is {EARLIEST_DAY}")
        if (last - first).days >= MAX_RUN_DAYS:
            raise _invalid("date_from", f"a run has at most {MAX_RUN_DAYS} days")
        return first, last

    def _check_one_way(self) -> None:
        ranged = self.date_from is not None or self.date_to is not None
        ways = [self.day is not None, ranged, self.days_back is not None]
        if sum(ways) > 1:
            raise _invalid("date", "give one of: a date, a first and a last day, or days back")
        if ranged and (self.date_from is None or self.date_to is None):
            raise _invalid("date_from", "a first and a last day go together")

    def _ends(self, yesterday: date) -> tuple[date, date]:
        if self.day is not None:
            return self.day, self.day
        if self.date_from is not None and self.date_to is not None:
            return self.date_from, self.date_to
        back = 1 if self.days_back is None else self.days_back
        if not 1 <= back <= MAX_DAYS_BACK:
            raise _invalid("days_back", f"{back} is not between 1 and {MAX_DAYS_BACK}")
        return yesterday - timedelta(days=back - 1), yesterday


class Rest(TypedDict, total=False):
    """What a run is asked for beside its days."""

    academies: Sequence[int] | None
    dry_run: bool
    force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A run as it was asked for, its days resolved; `chosen` are some of those between them."""

    report_type: str
    day_from: date
    day_to: date
    academies: Sequence[int] | None = None
    only: Only = Only.ALL
    dry_run: bool = False
    force: bool = False
    chosen: Sequence[date] | None = None

    @classmethod
    def of_days(cls, report_type: str, days: Sequence[date], **rest: Unpack[Rest]) -> Self:
        """Ask for exactly `days`, of which there is at least one."""
        chosen = tuple(sorted(set(days)))
        first, last = chosen[0], chosen[-1]
        return cls(report_type=report_type, day_from=first, day_to=last, chosen=chosen, **rest)

    @property
    def days(self) -> Sequence[date]:
        """The days asked for, oldest first."""
        return self.chosen or days_between(self.day_from, self.day_to)

    @property
    def key(self) -> bytes:
        """The same for identical requests, so that one of them is run at a time."""
        academies = None if self.academies is None else sorted(self.academies)
        parts = (self.report_type, self.day_from, self.day_to, academies, self.only)
        rest = (self.dry_run, self.force, self.chosen)
        return hashlib.sha256(repr((*parts, *rest)).encode()).digest()


def _invalid(name: str, message: str) -> Invalid:
    fault = Fault(pointer=f"/{name}", message=message)
    return Invalid(f"The days cannot be run: {message}.", code="invalid_days", faults=[fault])


def split(days: Sequence[date], most: int) -> Iterator[Sequence[date]]:
    """Cut days, oldest first, into chunks of at most `most` within as many days of their first."""
    rest = list(days)
    while rest:
        chunk = [day for day in rest[:most] if (day - rest[0]).days < most]
        yield chunk
        rest = rest[len(chunk) :]
