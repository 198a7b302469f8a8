"""What an import leaves in the lake."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlmodel import col, select

from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.sources.imports import CheckedRows
from app.sources.warehouse.lake.warehouse import Lake
from app.sources.warehouse.models import LakeFile
from tests.support.lake import batches, event, read

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
EVENTS = [event(f"2026-03-0{day} 10:{minute:02}:00") for day in (1, 2) for minute in range(30)]


async def listed(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as session:
        files = (await session.exec(select(LakeFile).order_by(col(LakeFile.day)))).all()
    return [(file.path, file.sha256) for file in files]


async def test_rows_come_back(lake: Lake) -> None:
    done = await lake.import_activity(batches(EVENTS))

    assert (done.read, done.inserted, done.unchanged) == (60, 60, 0)
    assert len(await read(lake, FIRST, SECOND)) == 60
    assert len(await read(lake, FIRST, FIRST)) == 30


async def test_the_same_rows_again_change_nothing(lake: Lake, database: Database) -> None:
    await lake.import_activity(batches(EVENTS))
    before = await listed(database)

    again = await lake.import_activity(batches(EVENTS))

    assert (again.inserted, again.unchanged) == (0, 60)
    assert await listed(database) == before


async def test_shuffled_and_repeated_rows_are_the_same_bytes(
    lake: Lake, database: Database
) -> None:
    await lake.import_activity(batches(EVENTS))
    before = await listed(database)
    shuffled = EVENTS * 3
    random.Random(1).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    await lake.import_activity(batches(shuffled, size=7), replace=True)

    assert await listed(database) == before


async def test_the_earliest_row_of_an_id_wins_whichever_comes_first(lake: Lake) -> None:
    early, late = (event(f"2026-03-01 {hour}:00:00", id="a") for hour in ("09", "11"))

    await lake.import_activity(batches([event("2026-03-01 10:00:00", id="a"), late]))
    done = await lake.import_activity(batches([early]))

    assert (done.read, done.inserted, done.unchanged) == (1, 0, 1)
    assert await read(lake, FIRST, FIRST, "timestamp") == [(early["timestamp"],)]


async def test_rows_without_id_collapse_only_when_identical(lake: Lake) -> None:
    rows = [event("2026-03-01 10:00:00", id=None, user_id=user) for user in (1, 1, 2, None)]

    await lake.import_activity(batches(rows))

    assert await read(lake, FIRST, FIRST, "user_id") == [(1,), (2,), (None,)]


async def test_rows_without_an_instant_are_counted_and_left_out(lake: Lake) -> None:
    done = await lake.import_activity(batches([event(None), event("2026-03-01 10:00:00")]))

    assert (done.read, done.inserted, done.undated) == (2, 1, 1)


async def test_rows_are_added_to_their_day(lake: Lake) -> None:
    await lake.import_activity(batches(EVENTS))

    done = await lake.import_activity(batches([event("2026-03-01 23:00:00"), EVENTS[0]]))

    assert (done.inserted, done.unchanged) == (1, 1)
    assert len(await read(lake, FIRST, FIRST)) == 31


async def test_many_days_need_no_more_memory_than_few(tmp_path: Path, database: Database) -> None:
    small = Lake(tmp_path, database, memory="100MB", threads=2)
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(700)]
    days = [date(1, 1, 1), *days, date(9999, 12, 31)]
    hours = ("00:00:00", "23:59:59.999999")
    rows = [event(f"{day} {hour}", id=f"{day} {hour}") for hour in hours for day in days]

    done = await small.import_activity(batches(rows[::-1], size=500))

    assert (done.read, done.inserted) == (1404, 1404)
    assert len(await listed(database)) == 702
    for first, last in ((days[0], days[1]), (days[100], days[101])):
        expected = [(f"{day} {hour}",) for day in (first, last) for hour in hours]
        assert await read(small, first, last) == expected


async def test_replacing_days_leaves_other_days(lake: Lake) -> None:
    await lake.import_activity(batches(EVENTS))

    await lake.import_activity(batches([event("2026-03-01 23:00:00", id="new")]), replace=True)

    assert await read(lake, FIRST, FIRST) == [("new",)]
    assert len(await read(lake, SECOND, SECOND)) == 30


async def test_rows_that_cannot_be_read_to_the_end_change_nothing(
    lake: Lake, database: Database, tmp_path: Path
) -> None:
    await lake.import_activity(batches(EVENTS))
    before = await listed(database)

    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches([event("2026-03-01 23:00:00")])
        raise ValueError("row 3")

    with pytest.raises(ValueError, match="row 3"):
        await lake.import_activity(CheckedRows(broken(), name="broken"))

    assert await listed(database) == before
    assert not list((tmp_path / "lake" / ".staging").iterdir())


async def test_an_import_sweeps_its_days_and_leaves_others(lake: Lake, tmp_path: Path) -> None:
    await lake.import_activity(batches(EVENTS))
    strays = [tmp_path / "lake" / f"2026-03-0{day}" / "stray.parquet" for day in (1, 2)]
    for stray in strays:
        stray.write_bytes(b"no parquet")
    assert len(await read(lake, FIRST, SECOND)) == 60

    await lake.import_activity(batches([event("2026-03-01 23:00:00")]))

    assert [stray.exists() for stray in strays] == [False, True]
    assert len(list((tmp_path / "lake" / "2026-03-01").iterdir())) == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
async def test_a_lost_file_is_named_and_replacing_the_day_heals(
    lake: Lake, database: Database, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    await lake.import_activity(batches(EVENTS))
    lost = tmp_path / "lake" / (await listed(database))[0][0]
    damage(lost)

    with pytest.raises(SourceDown, match=lost.name):
        await read(lake, FIRST, SECOND)
    with pytest.raises(SourceDown, match=lost.name):
        await lake.import_activity(batches(EVENTS))
    await lake.import_activity(batches(EVENTS), replace=True)

    assert len(await read(lake, FIRST, SECOND)) == 60
