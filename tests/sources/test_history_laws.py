"""Whatever is told of subscriptions: what is stored is what plain Python says."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.errors import Invalid
from app.sources.subscriptions.columns import HISTORY_COLUMNS
from app.sources.subscriptions.statuses import EndReason, SubscriptionStatus
from tests.sources.history_reference import History
from tests.support.edge_values import pairs
from tests.support.subscriptions import NOW, Row, Value, at, tell, tell_history

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("untraced")]

TELLING = {"subscriptions": tell, "history": tell_history}
MOMENTS = (at("02-01"), at("03-01"), at("03-01 00:01"), at("04-01"), at("05-31"))
ENDS = (None, *MOMENTS)
EDGES: Mapping[str, Sequence[Value]] = {
    "status": tuple(SubscriptionStatus),
    "plan": (None, "pro"),
    "started_at": MOMENTS[:2],
    "trial_ends_at": (None, MOMENTS[2]),
    "next_payment_at": (None, MOMENTS[2]),
    "valid_until": (None, MOMENTS[2]),
    "cancelled_at": (None, *MOMENTS[:3]),
    "ended_at": (None, *MOMENTS[:3]),
    "end_reason": (None, EndReason.OTHER, EndReason.VOLUNTARY),
    "mrr": (None, 0.0, 1e9),
    "currency": (None, "EUR"),
    "updated_at": (None, *MOMENTS[:3]),
    "effective_from": (MOMENTS[1], MOMENTS[3]),
    "observed_at": (None, MOMENTS[4]),
}
NOTHING: Row = dict.fromkeys(column.name for column in HISTORY_COLUMNS)
STARTED: Row = {
    **NOTHING,
    "user_id": 7,
    "academy_id": 3,
    "status": SubscriptionStatus.ACTIVE,
    "started_at": MOMENTS[1],
    "effective_from": MOMENTS[1],
}

any_rows = st.fixed_dictionaries(
    {
        **{column: st.sampled_from(edges) for column, edges in EDGES.items()},
        "id": st.sampled_from(["s1", "s2"]),
        "user_id": st.integers(1, 2),
        "academy_id": st.integers(1, 2),
        **dict.fromkeys(("cancelled_at", "ended_at", "updated_at"), st.sampled_from(ENDS)),
        "effective_from": st.sampled_from(MOMENTS),
        "observed_at": st.sampled_from(ENDS),
    }
)
rows_of_one = st.fixed_dictionaries(
    {column: st.just(value) for column, value in STARTED.items()}
    | {
        "id": st.just("s1"),
        "status": st.sampled_from(SubscriptionStatus),
        "plan": st.sampled_from(EDGES["plan"]),
        **dict.fromkeys(("cancelled_at", "updated_at", "observed_at"), st.sampled_from(ENDS)),
        "effective_from": st.sampled_from(EDGES["effective_from"]),
    }
)
rows_told = st.lists(any_rows, max_size=3) | st.lists(rows_of_one, min_size=1, max_size=2)
FILES = st.lists(
    st.tuples(
        st.sampled_from(sorted(TELLING)),
        rows_told | rows_of_one.map(lambda row: [row]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


async def stored(session: AsyncSession) -> tuple[list[dict[str, Value]], list[dict[str, Value]]]:
    """Return the versions and the subscriptions, in order."""
    versions = "subscription_history ORDER BY subscription_id, effective_from, version_id"
    return await _rows(session, versions), await _rows(session, "subscriptions ORDER BY id")


async def _rows(session: AsyncSession, table: str) -> list[dict[str, Value]]:
    found = await (await session.connection()).execute(text(f"SELECT * FROM {table}"))  # noqa: S608
    return [{name: row[name] for name in row if name != "version_id"} for row in found.mappings()]


def expected(known: History) -> tuple[list[dict[str, Value]], list[dict[str, Value]]]:
    names = sorted(known.versions)
    versions = [
        {"subscription_id": name, **version} for name in names for version in known.timeline(name)
    ]
    return versions, [known.now_known(name) for name in names]


async def take(
    session: AsyncSession, known: History, kind: str, rows: Sequence[Row], day: int
) -> None:
    """Tell the service and the reference, and compare what became of the rows."""
    now = NOW + timedelta(days=day)
    telling = known.tell if kind == "subscriptions" else known.tell_history
    wanted = [row | {"effective_from": None, "observed_at": None} for row in map(dict, rows)]
    told = rows if kind == "history" else wanted
    counts = telling(told, now)
    if counts is None:
        with pytest.raises(Invalid, match="has other values"):
            await TELLING[kind](session, *rows, now=now)
        return
    done = await TELLING[kind](session, *rows, now=now)
    names = ("inserted", "changed", "unchanged", "stale", "repeated")
    assert {name: getattr(done, name) for name in names} == {name: counts[name] for name in names}


@given(FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_stored_is_what_was_told(
    session: AsyncSession, files: Sequence[tuple[str, Sequence[Row], bool]]
) -> None:
    known = History()

    async with session.begin_nested() as undone:
        for day, (kind, rows, is_twice) in enumerate(files):
            again = [*rows, *rows] if is_twice else rows
            await take(session, known, kind, again, day)
            assert await stored(session) == expected(known)
        await undone.rollback()


@pytest.mark.parametrize("kind", sorted(TELLING))
async def test_each_two_edges_of_the_columns_are_stored_as_told(
    session: AsyncSession, kind: str
) -> None:
    known, changes = History(), pairs(EDGES)
    half = len(changes) // 2

    for day, others in enumerate((changes, changes[half:] + changes[:half])):
        rows = [{**STARTED, **change, "id": f"s{n:04}"} for n, change in enumerate(others)]
        await take(session, known, kind, rows, day)
        assert await stored(session) == expected(known)
