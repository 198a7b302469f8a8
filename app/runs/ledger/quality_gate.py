"""Whether an academy's day may be published: broken plumbing must not look like mass churn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

MEAN_DAYS = 13
"""A day is compared with the mean of so many days before it."""
MEAN_REACH_DAYS = 60
"""The mean takes no day further back than this."""
MIN_LEDGER_DAYS = 7
"""With fewer judged days than this, the mean is that of the scan's own window."""
MIN_MEAN = 20
"""Below this mean a day is not judged: few people may well all be away."""
HOLE_DAYS = 6
"""How far back a day of low volume reaches: as far as the days that a week's count sums."""
MIN_LIVE_RATIO = 0.5
"""With less than this part of the subscribers of the day before, a day has lost some suddenly."""
LOSS_REACH_DAYS = 7
"""The day before is the newest published one of so many days."""


class DayState(StrEnum):
    PUBLISHED = "PUBLISHED"
    HELD = "HELD"
    ERROR = "ERROR"


class Verdict(StrEnum):
    """What a day's volume says of its numbers; a held day has LOW_VOLUME."""

    OK = "OK"
    LOW_VOLUME = "LOW_VOLUME"
    WINDOW_HOLE = "WINDOW_HOLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDay:
    """An academy's day as the ledger has it; `active` is its own count of active subscribers.

    `verdict` and `active` are None for a day that failed before it was judged. `live` counts the
    subscribers that are published of the day, and is None while none ever were.
    """

    report_date: date
    state: DayState
    verdict: Verdict | None = None
    active: int | None = None
    live: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """PUBLISHED or HELD, what the volume says, and one sentence for people."""

    state: DayState
    verdict: Verdict
    reason: str

    @property
    def is_reliable(self) -> bool:
        """Whether what people did on the day can be judged."""
        return self.verdict is Verdict.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The days that a day is compared with: how many there are, and the sum of their counts."""

    days: int
    total: int

    @property
    def mean(self) -> Decimal:
        """The mean count; 0 of no days."""
        return Decimal(self.total) / self.days if self.days else Decimal(0)


def judge_volume(
    day: date,
    active_by_day: Sequence[int],
    ledger: Sequence[LedgerDay],
    *,
    live: int,
    min_ratio: float,
    force: bool = False,
) -> GateDecision:
    """Judge one academy's `day`, on which it has `live` subscribers.

    `active_by_day[i]` counts the subscribers who were active i days before `day`, as this scan
    sees them; `ledger` has the academy's days until `day`, in any order.
    After two held days the third low day is published, and so is every low day that follows it
    without a break: a long holiday is held twice, not two days out of three. The reason of a
    day that is not low leaves the mean out, so that a repair of earlier days does not change it.
    """
    earlier = {row.report_date: row for row in ledger if row.report_date < day}
    count = _count(day, active_by_day[0])
    low = _loss(day, live, ledger) or _low_volume(day, active_by_day, earlier, min_ratio)
    if force:
        return _published(Verdict.OK, f"Published because it was forced: {low or count}.")
    if low:
        return _low(day, earlier, low)
    holes = _holes(day, earlier)
    if holes:
        listed = ", ".join(str(hole) for hole in holes)
        text = f"Published, but the week has days that were held or low ({listed}): {count}."
        return _published(Verdict.WINDOW_HOLE, text)
    return _published(Verdict.OK, f"Published: {count}.")


def is_missed(day: date, ledger: Sequence[LedgerDay]) -> bool:
    """Whether an academy without a subscriber on `day` is judged all the same.

    It is when the ledger has its day, or when the loss of all its subscribers is a sudden one.
    """
    return any(row.report_date == day for row in ledger) or _loss(day, 0, ledger) is not None


def _loss(day: date, live: int, ledger: Sequence[LedgerDay]) -> str | None:
    """Say that most subscribers are gone, if so.

    They are compared with those of the day before, and with those published of the day itself.
    """
    reach = day - timedelta(days=LOSS_REACH_DAYS)
    published = {
        row.report_date: row.live
        for row in ledger
        if reach <= row.report_date <= day and row.live is not None
    }
    own = published.pop(day, 0)
    before = max(own, published[max(published)] if published else 0)
    if before < MIN_MEAN or live >= Decimal(str(MIN_LIVE_RATIO)) * before:
        return None
    return (
        f"{_people(live)} live on {day}, there were {before} before, and less than"
        f" {_percent(MIN_LIVE_RATIO)} of them is a sudden loss of subscribers"
    )


def _low_volume(
    day: date, active_by_day: Sequence[int], earlier: dict[date, LedgerDay], min_ratio: float
) -> str | None:
    """Say that too few were active, if so; a day of exactly the ratio is not low."""
    active = active_by_day[0]
    usual = _usual(day, active_by_day, earlier)
    is_low = active * usual.days < Decimal(str(min_ratio)) * usual.total
    if usual.mean < MIN_MEAN or not is_low:
        return None
    return (
        f"{_count(day, active)}, the mean of the last {usual.days} days is {usual.mean:.1f},"
        f" and less than {_percent(min_ratio)} of it is low"
    )


def _usual(day: date, active_by_day: Sequence[int], earlier: dict[date, LedgerDay]) -> Usual:
    reach = day - timedelta(days=MEAN_REACH_DAYS)
    counts = [
        row.active
        for _, row in sorted(earlier.items(), reverse=True)
        if row.report_date >= reach and row.state is not DayState.HELD and row.active is not None
    ][:MEAN_DAYS]
    if len(counts) < MIN_LEDGER_DAYS:
        counts = list(active_by_day[1 : MEAN_DAYS + 1])
    return Usual(days=len(counts), total=sum(counts))


def _low(day: date, earlier: dict[date, LedgerDay], text: str) -> GateDecision:
    before, second = (earlier.get(day - timedelta(days=back)) for back in (1, 2))
    if before and before.state is DayState.PUBLISHED and before.verdict is Verdict.LOW_VOLUME:
        reason = f"Published as part of a run of quiet days: {text}."
        return _published(Verdict.LOW_VOLUME, reason)
    if _is_held(before) and _is_held(second):
        return _published(Verdict.LOW_VOLUME, f"Published after two held days: {text}.")
    return GateDecision(
        state=DayState.HELD,
        verdict=Verdict.LOW_VOLUME,
        reason=f"Held, because data may be missing: {text}.",
    )


def _holes(day: date, earlier: dict[date, LedgerDay]) -> Sequence[date]:
    week = (earlier.get(day - timedelta(days=back)) for back in range(HOLE_DAYS, 0, -1))
    return [
        row.report_date
        for row in week
        if row and (_is_held(row) or row.verdict is Verdict.LOW_VOLUME)
    ]


def _is_held(row: LedgerDay | None) -> bool:
    return row is not None and row.state is DayState.HELD


def _published(verdict: Verdict, reason: str) -> GateDecision:
    return GateDecision(state=DayState.PUBLISHED, verdict=verdict, reason=reason)


def _count(day: date, active: int) -> str:
    return f"{_people(active)} active on {day}"


def _people(count: int) -> str:
    return f"{count} {'subscriber was' if count == 1 else 'subscribers were'}"


def _percent(ratio: float) -> str:
    return f"{(Decimal(str(ratio)) * 100).normalize():f} %"
