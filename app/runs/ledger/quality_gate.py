"""Decides whether an academy's day may be published: lost events must not look like inactivity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


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
class VolumePolicy:
    """When a day of a report is held, because too few people were active or most are gone.

    A day is low with less than `min_ratio` of the mean of the `mean_days` days before it that were
    judged, none further back than `mean_reach_days`; with fewer than `min_ledger_days` of them, the
    mean is that of the same days as the current scan sees them. Below `min_mean` a day is not
    judged: few people may well all be away. A low day marks the `hole_days` days after it, whose
    sums contain it. With less than `min_live_ratio` of the subscribers of the newest published day
    of `loss_reach_days`, a day has lost some suddenly.
    """

    mean_days: int
    mean_reach_days: int = 60
    min_ledger_days: int = 7
    min_mean: int = 20
    min_ratio: float = 0.2
    hole_days: int = 6
    min_live_ratio: float = 0.5
    loss_reach_days: int = 7


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
    policy: VolumePolicy | None,
    force: bool = False,
) -> GateDecision:
    """Judge one academy's `day`, on which it has `live` subscribers; without a policy, publish it.

    `active_by_day[i]` counts the subscribers who were active i days before `day`, as this scan
    sees them; `ledger` has the academy's days until `day`, in any order.
    After two held days the third low day is published, and so is every low day that follows it
    without a break: a long holiday is held twice, not two days out of three. The reason of a
    day that is not low leaves the mean out, so that a repair of earlier days does not change it.
    """
    if policy is None:
        return _published(Verdict.OK, "Published: the report has no quality gate.")
    earlier = {row.report_date: row for row in ledger if row.report_date < day}
    count = _count(day, active_by_day[0])
    low = _loss(day, live, ledger, policy) or _low_volume(day, active_by_day, earlier, policy)
    if force:
        return _published(Verdict.OK, f"Published because it was forced: {low or count}.")
    if low:
        return _low(day, earlier, low)
    holes = _holes(day, earlier, policy)
    if holes:
        listed = ", ".join(str(hole) for hole in holes)
        text = f"Published, but the week has days that were held or low ({listed}): {count}."
        return _published(Verdict.WINDOW_HOLE, text)
    return _published(Verdict.OK, f"Published: {count}.")


def is_missed(day: date, ledger: Sequence[LedgerDay], policy: VolumePolicy | None) -> bool:
    """Whether an academy without a subscriber on `day` is judged all the same.

    It is when the ledger has its day, or when the loss of all its subscribers is a sudden one.
    """
    if any(row.report_date == day for row in ledger):
        return True
    return policy is not None and _loss(day, 0, ledger, policy) is not None


def _loss(day: date, live: int, ledger: Sequence[LedgerDay], policy: VolumePolicy) -> str | None:
    """Say that most subscribers are gone, if so.

    They are compared with those of the day before, and with those published of the day itself.
    """
    reach = day - timedelta(days=policy.loss_reach_days)
    published = {
        row.report_date: row.live
        for row in ledger
        if reach <= row.report_date <= day and row.live is not None
    }
    own = published.pop(day, 0)
    before = max(own, published[max(published)] if published else 0)
    if before < policy.min_mean or live >= Decimal(str(policy.min_live_ratio)) * before:
        return None
    return (
        f"{_people(live)} live on {day}, there were {before} before, and less than"
        f" {_percent(policy.min_live_ratio)} of them is a sudden loss of subscribers"
    )


def _low_volume(
    day: date,
    active_by_day: Sequence[int],
    earlier: dict[date, LedgerDay],
    policy: VolumePolicy,
) -> str | None:
    """Say that too few were active, if so; a day of exactly the ratio is not low."""
    active = active_by_day[0]
    usual = _usual(day, active_by_day, earlier, policy)
    is_low = active * usual.days < Decimal(str(policy.min_ratio)) * usual.total
    if usual.mean < policy.min_mean or not is_low:
        return None
    return (
        f"{_count(day, active)}, the mean of the last {usual.days} days is {usual.mean:.1f},"
        f" and less than {_percent(policy.min_ratio)} of it is low"
    )


def _usual(
    day: date,
    active_by_day: Sequence[int],
    earlier: dict[date, LedgerDay],
    policy: VolumePolicy,
) -> Usual:
    reach = day - timedelta(days=policy.mean_reach_days)
    counts = [
        row.active
        for _, row in sorted(earlier.items(), reverse=True)
        if row.report_date >= reach and row.state is not DayState.HELD and row.active is not None
    ][: policy.mean_days]
    if len(counts) < policy.min_ledger_days:
        counts = list(active_by_day[1 : policy.mean_days + 1])
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


def _holes(day: date, earlier: dict[date, LedgerDay], policy: VolumePolicy) -> Sequence[date]:
    week = (earlier.get(day - timedelta(days=back)) for back in range(policy.hole_days, 0, -1))
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
