"""When what is told of a subscription takes effect, one row after another, as DESIGN words it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from app.sources.subscriptions.columns import SUBSCRIPTION_COLUMNS
from tests.support.subscriptions import Row, Value

CONTENT = [
    column.name for column in SUBSCRIPTION_COLUMNS if column.name not in {"id", "updated_at"}
]
NEVER = datetime(1, 1, 1, tzinfo=UTC)
OWING = {"PAYMENT_ISSUE", "ERROR"}


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a subscription was from a moment on; `end_reason` is what the source gave."""

    content: Mapping[str, Value]
    effective_from: datetime
    updated_at: datetime | None
    observed_at: datetime


@dataclass
class History:
    """Of each subscription its versions, as they were written, and the newest stamp seen."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    stamps: dict[str, datetime | None] = field(default_factory=dict)

    def tell(self, rows: Sequence[Row], now: datetime) -> Counter[str] | None:
        """Take over subscriptions as they are; return what became of the rows, None if refused."""
        told = _distinct(rows)
        groups = _grouped(told, "id")
        if any(_contradicts(group, "updated_at") for group in groups):
            return None
        counts = Counter(repeated=len(rows) - len(told))
        for group in groups:
            known = self.stamps.get(_id(group[0]))
            fresh = [row for row in group if _time(row, "updated_at") >= (known or NEVER)]
            fresh = group if group[0]["updated_at"] is None else fresh
            counts["stale"] += len(group) - len(fresh)
            counts.update(self._follow(fresh, now))
            self._stamp(fresh)
        return counts

    def tell_history(self, rows: Sequence[Row], now: datetime) -> Counter[str] | None:
        """Take over ready-made versions; return what became of the rows, None if refused."""
        told = _distinct(rows)
        groups = _grouped(told, "id", "effective_from")
        if any(_contradicts(group, "observed_at") for group in groups):
            return None
        kept = [group[-1] for group in groups]
        counts = Counter(repeated=len(rows) - len(told), stale=len(told) - len(kept))
        before = {name: list(self.timeline(name)) for name in self.versions}
        for row in kept:
            counts[self._place(row, before.get(_id(row), []), now)] += 1
        for group in _grouped(kept, "id"):
            self._stamp(group)
        return counts

    def timeline(self, name: str) -> Iterator[dict[str, Value]]:
        """Yield the versions in their order, with their ends, and how each ended."""
        versions = self._ordered(name)
        ends = [later.effective_from for _, later in pairwise(versions)]
        before = None
        for version, end in zip(versions, [*ends, None], strict=True):
            given, status = version.content["end_reason"], version.content["status"]
            before = before if status == "EXPIRED" else status
            yield {
                **version.content,
                "end_reason": given or _reason(status, before),
                "end_reason_given": given is not None,
                "updated_at": version.updated_at,
                "effective_from": version.effective_from,
                "effective_to": end,
                "observed_at": version.observed_at,
            }

    def now_known(self, name: str) -> dict[str, Value]:
        """Return what a subscription is now."""
        newest = list(self.timeline(name))[-1]
        return {"id": name, **{c: newest[c] for c in CONTENT}, "updated_at": self.stamps[name]}

    def _ordered(self, name: str) -> list[Version]:
        return sorted(self.versions[name], key=lambda version: version.effective_from)

    def _follow(self, rows: Sequence[Row], now: datetime) -> Iterator[str]:
        newest_stamp = None
        for row in rows:
            name, stamp = _id(row), row["updated_at"]
            content = {column: row[column] for column in CONTENT}
            if name not in self.versions:
                self.versions[name] = list(_first_seen(row, now))
                yield "inserted"
            else:
                newest = self._ordered(name)[-1]
                since = newest_stamp or self.stamps.get(name) or newest.effective_from
                is_later = isinstance(stamp, datetime) and stamp > since
                begins = stamp if is_later and isinstance(stamp, datetime) else now
                changes = content != newest.content
                if changes:
                    effective_from = max(begins, newest.effective_from)
                    self.versions[name].append(_version(row, content, effective_from, now))
                yield "changed" if changes else "unchanged"
            newest_stamp = stamp if isinstance(stamp, datetime) else newest_stamp

    def _place(self, row: Row, before: Sequence[Mapping[str, Value]], now: datetime) -> str:
        content = {column: row[column] for column in CONTENT}
        known = [known for known in before if known["effective_from"] == row["effective_from"]]
        if known:
            same = content | {"end_reason": row["end_reason"] or known[-1]["end_reason"]}
            if same == {column: known[-1][column] for column in CONTENT}:
                return "unchanged"
        observed = row["observed_at"]
        seen = observed if isinstance(observed, datetime) else now
        version = _version(row, content, _time(row, "effective_from"), seen)
        self.versions.setdefault(_id(row), []).append(version)
        return "changed" if known else "inserted"

    def _stamp(self, rows: Sequence[Row]) -> None:
        """Remember the newest stamp of what was told, and of the newest version."""
        for name in {_id(row) for row in rows}:
            stamps = [self.stamps.get(name), self._ordered(name)[-1].updated_at]
            stamps += [stamp for row in rows if isinstance(stamp := row["updated_at"], datetime)]
            self.stamps[name] = max((stamp for stamp in stamps if stamp), default=None)


def _first_seen(row: Row, now: datetime) -> Iterator[Version]:
    """What owes or is over was ACTIVE before."""
    content = {column: row[column] for column in CONTENT}
    started, turned = _time(row, "started_at"), _turned(row)
    if turned is not None and turned > started:
        active: dict[str, Value] = {"status": "ACTIVE", "next_payment_at": None, "end_reason": None}
        if row["status"] not in OWING:
            active |= {"cancelled_at": None, "ended_at": None}
        yield _version(row, content | active, started, now)
        started = turned
    yield _version(row, content, started, now)


def _turned(row: Row) -> datetime | None:
    columns = {"FREE_TRIAL": (), "ACTIVE": (), **dict.fromkeys(OWING, ("updated_at",))}
    over = ("cancelled_at", "ended_at", "updated_at")
    for column in columns.get(str(row["status"]), over):
        if isinstance(value := row[column], datetime):
            return value
    return None


def _reason(status: Value, before: Value) -> str | None:
    if status == "CANCELLED" or (status == "EXPIRED" and before == "CANCELLED"):
        return "VOLUNTARY"
    if status == "EXPIRED" and before in OWING:
        return "INVOLUNTARY"
    if status in {"EXPIRED", "FULLY_PAID"}:
        return "COMPLETED"
    return "OTHER" if status == "DEPRECATED" else None


def _version(
    row: Row, content: Mapping[str, Value], effective_from: datetime, observed_at: datetime
) -> Version:
    stamp = row["updated_at"]
    return Version(
        content=content,
        effective_from=effective_from,
        updated_at=stamp if isinstance(stamp, datetime) else None,
        observed_at=observed_at,
    )


def _distinct(rows: Sequence[Row]) -> list[Row]:
    return [row for place, row in enumerate(rows) if row not in rows[:place]]


def _grouped(rows: Sequence[Row], *keys: str) -> list[list[Row]]:
    """Return the rows of each key, by stamp and observation; the keys are in order."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (_time(row, "updated_at"), _time(row, "observed_at"))):
        groups.setdefault(tuple(str(row[key]) for key in keys), []).append(row)
    by_observation = "effective_from" in keys
    return [
        sorted(group, key=lambda row: _time(row, "observed_at")) if by_observation else group
        for _, group in sorted(groups.items())
    ]


def _contradicts(group: Sequence[Row], column: str) -> bool:
    """Whether nothing orders two rows: their moments are equal, or one has none."""
    times = [row[column] for row in group]
    return len(times) > 1 and (None in times or len(set(times)) < len(times))


def _id(row: Row) -> str:
    return str(row["id"])


def _time(row: Row, column: str) -> datetime:
    value = row.get(column)
    return value if isinstance(value, datetime) else NEVER
