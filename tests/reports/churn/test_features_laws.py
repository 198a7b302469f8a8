"""Whatever the events, days and zone: both engines count as plain Python counts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.kit.days import start_of
from tests.reports.churn.features_answers import Engine, answer
from tests.reports.churn.features_cases import Case, Expected, bits
from tests.support.edge_values import pairs
from tests.support.googlesql_reference import reference
from tests.support.lake import PLATFORM, as_platform, duckdb_rows

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("untraced")]
CHANGES = [
    ("Europe/Madrid", date(2026, 3, 29)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Asia/Kolkata", date(2026, 3, 14)),
    ("UTC", date(2026, 1, 1)),
]
"""Zones, and a day in each on which its clock changes, if it ever does."""
KINDS = ("login", "assignment_status_updated", "read_assignment", "joined_cohort", None)
NEAR_MIDNIGHT = st.sampled_from([-60_000_001, -1, 0, 1, 59_999_999, 60_000_000])
ANY_TIME = st.integers(0, 90_000_000_000)
HUNDRED_DAYS = 100
LAST = date(2026, 3, 14)
EDGES: Mapping[str, Sequence[object]] = {
    "id": ("a", "", None),
    "user_id": (1, 0, -(2**63), 2**63 - 1, None),
    "kind": (*KINDS, ""),
    "timestamp": (
        None,
        *(datetime(2026, 3, 14 - age, tzinfo=UTC) for age in (0, 6, 7, 13)),
        *(datetime(2026, 3, day, 23, 59, 59, 999999, UTC) for day in (7, 14)),
        datetime(2026, 2, 28, 23, 59, 59, 999999, UTC),
        datetime(2026, 3, 15, tzinfo=UTC),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
    ),
    "academy_id": (7, 0, None),
    "related_id": (5, 0, -(2**63), 2**63 - 1, None),
    "task_status": ("DONE", "PENDING", "", None),
}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some report days of a hundred around a change of the clock, and events among them."""
    zone, change = draw(st.sampled_from(CHANGES))
    first = change - timedelta(days=draw(st.integers(0, HUNDRED_DAYS)))
    ahead = draw(st.lists(st.integers(0, HUNDRED_DAYS), min_size=1, max_size=8))
    days = [first + timedelta(days=each) for each in ahead]
    events = draw(st.lists(_events(ZoneInfo(zone), days), max_size=25))
    again = draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    rows = draw(st.permutations([*events, *again]))
    return Case(name="drawn", days=days, zone=zone, events=rows, expected=_count(rows, days, zone))


@st.composite
def _events(draw: st.DrawFn, zone: ZoneInfo, days: Sequence[date]) -> dict[str, object]:
    day = draw(st.sampled_from(days)) - timedelta(days=draw(st.integers(-2, 15)))
    at = start_of(day, zone) + timedelta(microseconds=draw(st.one_of(NEAR_MIDNIGHT, ANY_TIME)))
    return {
        "id": draw(st.sampled_from(["a", "b", "5", None])),
        "user_id": draw(st.sampled_from([1, 2, None])),
        "kind": draw(st.sampled_from(KINDS)),
        "timestamp": draw(st.sampled_from([*[at] * 9, None])),
        "academy_id": draw(st.sampled_from([7, None])),
        "related_id": draw(st.sampled_from([0, 5, 6, None])),
        "task_status": draw(st.sampled_from(["DONE", "PENDING", None])),
    }


def _count(rows: Sequence[dict[str, object]], days: Sequence[date], zone: str) -> list[Expected]:
    facts = {fact for row in rows if (fact := _fact(row, ZoneInfo(zone))) is not None}
    found: list[Expected] = []
    for day in sorted(set(days)):
        for user in sorted({who for who, _, _ in facts}):
            seen = {((day - on).days, what) for who, on, what in facts if who == user}
            seen = {(age, what) for age, what in seen if 0 <= age < 14}
            if seen:
                active = bits(*{age for age, _ in seen})
                done = _weeks(seen, "completion")
                found.append((day, user, active, *_weeks(seen, "login"), *done))
    return found


def _weeks(seen: Iterable[tuple[int, tuple[str, object]]], kind: str) -> tuple[int, int]:
    """Count distinct facts of a kind in the week, and in the one before it."""
    mine = {(age // 7, what) for age, what in seen if what[0] == kind}
    return sum(week == 0 for week, _ in mine), sum(week == 1 for week, _ in mine)


def _fact(row: dict[str, object], zone: ZoneInfo) -> tuple[int, date, tuple[str, object]] | None:
    """Say who did what on which day; None for what is not the learner's doing."""
    user, at, kind = row["user_id"], row["timestamp"], row["kind"]
    if not isinstance(user, int) or not isinstance(at, datetime) or kind == "joined_cohort":
        return None
    what: tuple[str, object] = ("other", None)
    if kind == "login":
        what = ("login", at.astimezone(UTC).replace(second=0, microsecond=0))
    elif kind == "assignment_status_updated" and row["task_status"] in {"DONE", None}:
        completed = row["id"] if row["related_id"] is None else (row["related_id"],)
        what = what if completed is None else ("completion", completed)
    return user, at.astimezone(zone).date(), what


def _edge_case() -> Case:
    """Return completions of one user each, with each two columns at each two of their edges."""
    done = {"id": "a", "kind": "assignment_status_updated", "timestamp": EDGES["timestamp"][1]}
    usual = {"academy_id": 7, "related_id": 5, "task_status": "DONE"}
    rows = [{"user_id": n, **done, **usual, **pair} for n, pair in enumerate(pairs(EDGES), 100)]
    expected = _count(rows, [LAST], "UTC")
    return Case(name="edges", days=[LAST], events=rows, expected=expected)


@given(cases())
@example(_edge_case())
def test_the_lake_counts_as_python_does(case: Case) -> None:
    assert answer(duckdb_rows, case) == case.expected


@given(cases())
@example(_edge_case())
@settings(max_examples=settings().max_examples // 2)
def test_google_counts_as_python_does(case: Case) -> None:
    google: Engine = reference().rows

    assert answer(google, case, PLATFORM, as_platform) == case.expected


@given(cases())
def test_one_scan_of_many_days_is_a_scan_of_each(case: Case) -> None:
    alone = [
        row
        for day in sorted(set(case.days))
        for row in answer(
            duckdb_rows,
            Case(name="alone", days=[day], zone=case.zone, events=case.events, expected=[]),
        )
    ]

    assert answer(duckdb_rows, case) == alone
