"""Real input: nine presentations of a university, against plain Python over its raw rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlmodel import col, select

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState, Verdict
from app.runs.models import EVERY_ACADEMY, ReportDay
from app.settings import Settings
from app.sources.imports.import_file import FileKind, import_activity, import_file
from app.sources.sources import Sources
from app.sources.warehouse.lake.warehouse import Lake
from tests.reports.churn.oulad_reference import (
    FOLDER,
    Raw,
    Which,
    events_of,
    follow,
    is_live,
    subscriptions,
)
from tests.reports.churn.oulad_words import HEADER, line
from tests.support.report_runs import exported, run_days, sources_of

pytestmark = [
    pytest.mark.usefixtures("untraced"),
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason=f"the data of the university is not at {FOLDER}"
    ),
]
DOCUMENT = Path(__file__).parents[3] / "docs" / "oulad.md"
TEN = (
    Which(date(2014, 2, 10), 21, 604504),  # new, its trends unknown
    Which(date(2014, 2, 10), 21, 628316),  # new, and not seen at all
    Which(date(2014, 2, 10), 5, 620950),  # new, and seen before it began
    Which(date(2014, 2, 10), 5, 633052),  # on the last day before it left
    Which(date(2014, 3, 10), 20, 601511),  # silent
    Which(date(2014, 3, 10), 5, 630944),  # began later than the others
    Which(date(2014, 5, 22), 20, 598139),  # on the day after a held one
    Which(date(2014, 5, 22), 20, 1729833),  # comes less often, hands in more
    Which(date(2014, 5, 28), 4, 105851),  # seen today, hands in nothing
    Which(date(2014, 5, 28), 20, 166183),  # on a day of low volume
)
HOLD = (date(2014, 5, 21), date(2014, 5, 28))
FEW = ((date(2014, 2, 10), date(2014, 2, 10)), (date(2014, 3, 10), date(2014, 3, 10)), HOLD)
ALL = ((date(2014, 2, 1), date(2014, 5, 28)),)
Ranges = Sequence[tuple[date, date]]
EXTENTS = [
    pytest.param(FEW, id="a few days"),
    pytest.param(ALL, id="four months", marks=pytest.mark.prove),
]


async def reported(database: Database, home: Path, ranges: Ranges) -> Sources:
    """Import the files, of the activity what the ranges need, and run the ranges."""
    settings = Settings(home=home, query_memory="256MB")
    sources = sources_of(database, home)
    assert isinstance(sources.warehouse, Lake)
    for kind, name in (
        (FileKind.ACADEMIES, "academies.csv"),
        (FileKind.SUBSCRIPTIONS, SUBSCRIPTIONS),
    ):
        await import_file(kind, FOLDER / name, database=database, settings=settings, now=utc_now())
    await import_activity(
        cut(home / "activity.parquet", ranges),
        sources.warehouse,
        settings=settings,
        now=utc_now(),
        replace_days=False,
    )
    for first, last in ranges:
        await run_days(sources, first, last)
    return sources


SUBSCRIPTIONS = "subscriptions.parquet"


def cut(target: Path, ranges: Ranges) -> Path:
    """Write the events that the windows of the ranges read; the whole file for long ones."""
    if ranges == ALL:
        return FOLDER / "activity.parquet"
    windows = [
        pl.col("timestamp").is_between(
            datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=13),
            datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1),
        )
        for first, last in ranges
    ]
    pl.read_parquet(FOLDER / "activity.parquet").filter(pl.any_horizontal(windows)).write_parquet(
        target
    )
    return target


@pytest.fixture(scope="module")
def enrolments() -> Sequence[Raw]:
    return subscriptions()


@pytest.fixture(scope="module")
def raw_events() -> Mapping[int, Sequence[Raw]]:
    return events_of({which.user_id for which in TEN})


@pytest.mark.parametrize("ranges", EXTENTS)
async def test_real_days_are_what_plain_python_makes_of_the_raw_rows(
    database: Database,
    tmp_path: Path,
    ranges: Ranges,
    enrolments: Sequence[Raw],
    raw_events: Mapping[int, Sequence[Raw]],
) -> None:
    sources = await reported(database, tmp_path, ranges)
    rows = await exported(sources, ranges[0][0], ranges[-1][1])

    for which in TEN:
        by_hand = follow(which, enrolments, raw_events[which.user_id]).row()
        (row,) = rows.filter(
            report_date=which.day, academy_id=which.academy_id, user_id=which.user_id
        ).to_dicts()
        assert {name: row[name] for name in by_hand} == by_hand, which
    assert await stands(database) == HELD
    assert_everybody_live_is_there(rows, enrolments)


HELD = {
    date(2014, 5, 21): (DayState.HELD, Verdict.LOW_VOLUME),
    **{date(2014, 5, n): (DayState.PUBLISHED, Verdict.WINDOW_HOLE) for n in range(22, 26)},
    date(2014, 5, 26): (DayState.HELD, Verdict.LOW_VOLUME),
    date(2014, 5, 27): (DayState.HELD, Verdict.LOW_VOLUME),
    date(2014, 5, 28): (DayState.PUBLISHED, Verdict.LOW_VOLUME),
}
"""Academy 20 after its last assignment was due."""


async def stands(database: Database) -> Mapping[date, tuple[DayState, Verdict | None]]:
    """Return the verdicts on academy 20 in the days of the hold; everywhere else all is well."""
    statement = select(ReportDay).where(col(ReportDay.academy_id) != EVERY_ACADEMY)
    async with database.transaction() as session:
        found = (await session.exec(statement)).all()
    return {
        row.report_date: (row.state, row.verdict)
        for row in sorted(found, key=lambda row: row.report_date)
        if (row.academy_id == 20 and row.report_date >= HOLD[0]) or row.verdict is not Verdict.OK
    }


def assert_everybody_live_is_there(rows: pl.DataFrame, enrolments: Sequence[Raw]) -> None:
    """Compare the subscribers of every academy and published day, one by one."""
    found = rows.group_by("report_date", "academy_id").agg("user_id")
    assert found.height >= 20
    for day, academy_id, users in found.iter_rows():
        own = [row for row in enrolments if row["academy_id"] == academy_id]
        live = Counter(row["user_id"] for row in own if is_live(row, day))
        assert live == Counter(users), (day, academy_id)


def test_the_document_follows_the_same_ten(
    enrolments: Sequence[Raw], raw_events: Mapping[int, Sequence[Raw]]
) -> None:
    lines = [
        line(follow(which, enrolments, raw_events[which.user_id]), raw_events[which.user_id])
        for which in TEN
    ]

    table = "\n".join([HEADER, *lines])
    assert table in DOCUMENT.read_text("utf-8"), table
