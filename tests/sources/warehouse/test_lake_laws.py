"""Whatever events arrive: the lake holds the rows that plain Python says."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.sources.imports import ACTIVITY_COLUMNS
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.edge_values import pairs
from tests.support.googlesql_reference import Row
from tests.support.lake import batches, event, read

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("untraced")]

COLUMNS = [column.name for column in ACTIVITY_COLUMNS]
ORDER = ("timestamp", "user_id", "kind", "academy_id", "related_id", "task_status")
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
MOMENTS = (timedelta(0), DAY - TICK, DAY, DAY + 5 * TICK)
NUMBERS = (None, 0, -(2**63), 2**63 - 1)
EDGES: dict[str, Sequence[object]] = {
    "id": (None, "a"),
    "user_id": NUMBERS,
    "kind": (None, "login"),
    "timestamp": (None, *MOMENTS),
    "academy_id": NUMBERS,
    "related_id": NUMBERS,
    "task_status": (None, "DONE"),
}
PERIODS = count(1)

events = st.fixed_dictionaries({name: st.sampled_from(edges) for name, edges in EDGES.items()})
FILES = st.lists(st.tuples(st.lists(events, max_size=12), st.booleans()), min_size=1, max_size=2)


def dated(row: Row, first: datetime) -> dict[str, object]:
    after = row["timestamp"]
    return {**row, "timestamp": first + after if isinstance(after, timedelta) else None}


def place(row: Row) -> tuple[tuple[bool, object], ...]:
    """Order rows by their columns; what is unknown comes last."""
    return tuple((row[name] is None, 0 if row[name] is None else row[name]) for name in ORDER)


def day_of(row: Row) -> date:
    moment = row["timestamp"]
    assert isinstance(moment, datetime)
    return moment.date()


def kept(rows: Iterable[Row]) -> list[Row]:
    """Keep of each day the earliest row of an id, and one of identical rows without an id."""
    found: dict[object, Row] = {}
    for row in sorted(rows, key=place):
        name = row["id"] if row["id"] is not None else tuple(row[name] for name in COLUMNS)
        found.setdefault((day_of(row), name), row)
    return list(found.values())


async def check(lake: Lake, known: Iterable[Row], first: datetime) -> None:
    days = first.date(), first.date() + timedelta(days=1)
    found = await read(lake, *days, ", ".join(COLUMNS))
    assert found == sorted((tuple(row[name] for name in COLUMNS) for row in known), key=str)


@given(FILES)
@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_the_lake_holds_what_it_was_told(
    lake: Lake, files: Sequence[tuple[Sequence[Row], bool]]
) -> None:
    first, known = FIRST + next(PERIODS) * 2 * DAY, list[Row]()

    for drawn, replace in files:
        rows = [dated(row, first) for row in drawn]
        news = [row for row in rows if row["timestamp"] is not None]
        days = {day_of(row) for row in news} if replace else set[date]()
        done = await lake.import_activity(batches(rows), replace=replace)

        assert (done.read, done.undated) == (len(rows), len(rows) - len(news))
        known = kept([*(row for row in known if day_of(row) not in days), *news])
        await check(lake, known, first)


async def test_each_two_edges_of_the_columns_are_held(lake: Lake) -> None:
    rows = [
        dated({**event(None), "timestamp": MOMENTS[0], "id": f"{n}", **pair}, FIRST)
        for n, pair in enumerate(pairs(EDGES))
    ]

    await lake.import_activity(batches(rows, size=100))

    await check(lake, kept(row for row in rows if row["timestamp"] is not None), FIRST)
