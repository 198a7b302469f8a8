"""Whatever samples arrive: what is stored, and the means of it, are what plain Python says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.kit.days import end_of, start_of
from app.kit.db.engine import Database
from app.kit.errors import Invalid
from app.sources.telemetry.imports import TELEMETRY_COLUMNS, import_telemetry
from app.sources.telemetry.store import means_for
from tests.support.edge_values import pairs
from tests.support.subscriptions import NOW, Row, rows_of

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("untraced")]

Key = tuple[int, datetime]
Scores = tuple[float | None, float | None]
Known = Mapping[Key, Scores]

DAY, ZONE = date(2024, 3, 14), ZoneInfo("Europe/Madrid")
TICK = timedelta(microseconds=1)
BASELINE, WEEK, END = (
    start_of(DAY - timedelta(days=34), ZONE),
    start_of(DAY - timedelta(days=6), ZONE),
    end_of(DAY, ZONE),
)
MOMENTS = [moment - before for moment in (BASELINE, WEEK, END) for before in (TICK, TICK * 0)]
SCORE_EDGES = (None, 0.0, 100.0, -1e-9, 100.1, -1e308, 1e308)
SCORES = st.sampled_from(SCORE_EDGES) | st.floats(-50, 150)
USERS = count(1, 2)
SELECT = text(
    "SELECT user_id, timestamp, engagement_score, frustration_score FROM telemetry_samples"
    " WHERE user_id BETWEEN :first AND :first + 1"
)

samples = st.fixed_dictionaries(
    {
        "user_id": st.integers(0, 1),
        "timestamp": st.sampled_from(MOMENTS),
        "engagement_score": SCORES,
        "frustration_score": SCORES,
    }
)
consistent = st.lists(
    samples, max_size=10, unique_by=lambda sample: (sample["user_id"], sample["timestamp"])
)
files = st.lists(consistent | st.lists(samples, max_size=4), min_size=1, max_size=3)


def clamped(score: float | None) -> float | None:
    return None if score is None else min(max(score, 0.0), 100.0)


def told(rows: Sequence[Row]) -> Known | None:
    """Return what a file says of each user and moment; None if it contradicts itself."""
    said: dict[Key, object] = {}
    clear: dict[Key, Scores] = {}
    for row in rows:
        user, moment, *scores = (row[column.name] for column in TELEMETRY_COLUMNS)
        assert isinstance(user, int)
        assert isinstance(moment, datetime)
        if said.setdefault((user, moment), scores) != scores:
            return None
        first, second = (clamped(score if isinstance(score, float) else None) for score in scores)
        clear[user, moment] = first, second
    return clear


def means(known: Known, user: int) -> tuple[float | None, float | None, float | None] | None:
    """Return the means of the week, and that of the engagement before it; None of no sample."""
    mine = {at: scores for (who, at), scores in known.items() if who == user}
    week = [scores for at, scores in mine.items() if WEEK <= at < END]
    before = [scores for at, scores in mine.items() if BASELINE <= at < WEEK]
    if not week and not before:
        return None
    return mean(week, 0), mean(week, 1), mean(before, 0)


def mean(scores: Sequence[Scores], place: int) -> float | None:
    units = [round(score * 1e8) for each in scores if (score := each[place]) is not None]
    return sum(units) / len(units) / 1e8 if units else None


async def check(database: Database, known: Known, first: int) -> None:
    async with database.transaction() as session:
        stored = (await (await session.connection()).execute(SELECT, {"first": first})).all()
    assert {(user, at): tuple(scores) for user, at, *scores in stored} == known
    found = {user: tuple(row) for user, *row in (await means_for(database, DAY, ZONE)).iter_rows()}
    for user in (first, first + 1):
        assert found.get(user) == means(known, user)


@given(files)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_stored_is_what_was_told(
    database: Database, drawn: Sequence[Sequence[Row]]
) -> None:
    first, known = next(USERS), dict[Key, Scores]()

    for file in drawn:
        rows = [{**row, "user_id": first + int(str(row["user_id"]))} for row in file]
        news = told(rows)
        if news is None:
            with pytest.raises(Invalid, match="has other values"):
                await load(database, rows)
        else:
            same = Counter(known.get(key) == scores for key, scores in news.items() if key in known)
            counts = await load(database, rows)
            assert counts == (len(news) - same.total(), same[False], same[True])
            known |= news
        await check(database, known, first)


async def load(database: Database, rows: Sequence[Row]) -> tuple[int, int, int]:
    async with database.transaction() as session:
        done = await import_telemetry(session, rows_of(rows, TELEMETRY_COLUMNS), now=NOW)
    return done.inserted, done.changed, done.unchanged


async def test_each_two_edges_of_the_scores_are_stored_as_they_are(database: Database) -> None:
    edges = dict.fromkeys(("engagement_score", "frustration_score"), SCORE_EDGES)
    moments = (MOMENTS[3] + n * TICK for n in count())
    rows: list[Row] = [
        {"user_id": 1, "timestamp": moment, **pair}
        for moment, pair in zip(moments, pairs(edges), strict=False)
    ]
    known = told(rows)
    assert known is not None

    await load(database, rows)

    await check(database, known, 1)
