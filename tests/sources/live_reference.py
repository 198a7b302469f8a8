"""Who was live on a day, one subscriber after another, as DESIGN words it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

import polars as pl

from tests.support.rows import Row

SCHEMA: Mapping[str, pl.DataType] = {
    "academy_id": pl.Int64(),
    "user_id": pl.Int64(),
    "subscription_status": pl.String(),
    "days_until_renewal": pl.Int32(),
    "tenure_days": pl.Int32(),
    "days_until_trial_end": pl.Int32(),
    "mrr": pl.Float64(),
    "currency": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """A day in a zone, and what it sees."""

    day: date
    zone: ZoneInfo

    def day_of(self, instant: object) -> date:
        assert isinstance(instant, datetime)
        return instant.astimezone(self.zone).date()

    def is_live(self, row: Row) -> bool:
        is_over = row["ended_at"] is not None and self.is_before_the_end(row["ended_at"])
        is_valid = row["valid_until"] is None or self.day_of(row["valid_until"]) >= self.day
        has_status = row["status"] in {"FREE_TRIAL", "ACTIVE", "PAYMENT_ISSUE", "ERROR"}
        return has_status and self.is_before_the_end(row["started_at"]) and is_valid and not is_over

    def is_before_the_end(self, instant: object) -> bool:
        return self.day_of(instant) <= self.day

    def soonest(self, instants: Sequence[object]) -> int | None:
        days = [(self.day_of(instant) - self.day).days for instant in instants if instant]
        return min(days, default=None)

    def tenure(self, rows: Sequence[Row]) -> int:
        started = [row for row in rows if self.is_before_the_end(row["started_at"])]
        first = min(self.day_of(row["started_at"]) for row in started if self.is_live(row))
        while True:
            spans = [self.span(row) for row in started]
            joined = [
                start
                for start, end in spans
                if start < first and start <= end and first - end <= timedelta(days=30)
            ]
            if not joined:
                return (self.day - first).days
            first = min(joined)

    def span(self, row: Row) -> tuple[date, date]:
        end = self.day_of(_first(row, "ended_at", "cancelled_at", "valid_until", "effective_from"))
        return self.day_of(row["started_at"]), self.day if self.is_live(row) else end


def subscribers_on(rows: Sequence[Row], day: date, zone: ZoneInfo) -> Sequence[dict[str, object]]:
    """Return a row for each academy and user with a live subscription, in order."""
    sight = Sight(day, zone)
    groups = [(key, list(group)) for key, group in groupby(sorted(rows, key=_key), key=_key)]
    return [
        {"academy_id": academy_id, "user_id": user_id, **_subscriber(group, sight)}
        for (academy_id, user_id), group in groups
        if any(sight.is_live(row) for row in group)
    ]


def _key(row: Row) -> tuple[int, int]:
    academy_id, user_id = row["academy_id"], row["user_id"]
    assert isinstance(academy_id, int)
    assert isinstance(user_id, int)
    return academy_id, user_id


def _subscriber(rows: Sequence[Row], sight: Sight) -> dict[str, object]:
    live = [row for row in rows if sight.is_live(row)]
    trials = [row for row in live if row["status"] == "FREE_TRIAL"]
    mrr, currency = _amount(live)
    return {
        "subscription_status": _status({row["status"] for row in live}),
        "days_until_renewal": sight.soonest([row["next_payment_at"] for row in live]),
        "tenure_days": sight.tenure(rows),
        "days_until_trial_end": sight.soonest(
            [_first(row, "trial_ends_at", "valid_until", "next_payment_at") for row in trials]
        ),
        "mrr": mrr,
        "currency": currency,
    }


def _status(statuses: set[object]) -> str:
    if statuses & {"PAYMENT_ISSUE", "ERROR"}:
        return "PAYMENT_ISSUE"
    return "ACTIVE" if "ACTIVE" in statuses else "FREE_TRIAL"


def _first(row: Row, *columns: str) -> object:
    return next((row[column] for column in columns if row[column] is not None), None)


def _amount(live: Sequence[Row]) -> tuple[float | None, object]:
    sums: dict[object, Fraction] = {}
    for row in live:
        if row["mrr"] is not None:
            code = row["currency"]
            sums[code] = sums.get(code, Fraction(0)) + Fraction(str(row["mrr"]))
    if not sums:
        return None, None
    best = min(sums, key=lambda code: (-sums[code], code is None, str(code)))
    return float(sums[best]), best
