"""Taking a person out of the lake."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit.db.engine import Database
from app.kit.db.locks import hold_lock
from app.kit.errors import SourceDown
from app.sources.directory import erasure
from app.sources.warehouse.lake.manifest import READERS_LOCK
from app.sources.warehouse.lake.warehouse import Lake
from app.sources.warehouse.models import LakeFile, LakeLeftover
from tests.support.lake import batches, event, read
from tests.support.locks import until_waiting

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GONE = 7
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 4)
EVENTS = [
    event(f"2026-03-{day:02} 10:{minute:02}:00", id=f"{user} {day} {minute}", user_id=user)
    for day, users in {1: (1, GONE), 2: (1, 2), 3: (GONE,), 4: (GONE, None)}.items()
    for user in users
    for minute in range(5)
]


@pytest.fixture
async def filled(lake: Lake) -> Lake:
    """A lake in which the person has rows on three days, alone on one of them."""
    await lake.import_activity(batches(EVENTS))
    return lake


async def forget(lake: Lake, database: Database, user_id: int = GONE) -> int:
    """Take somebody out, commit, and tidy."""
    async with database.transaction() as session:
        rows = await lake.forget(session, user_id)
        await erasure.remember_erased(session, user_id, NOW)
    await lake.tidy()
    return rows


async def paths(database: Database) -> Mapping[date, str]:
    async with database.transaction() as session:
        return {file.day: file.path for file in await session.exec(select(LakeFile))}


async def leftovers(database: Database) -> int:
    async with database.transaction() as session:
        return (await session.exec(select(func.count(col(LakeLeftover.path))))).one()


def on_the_disk(home: Path) -> list[Path]:
    return sorted((home / "lake").rglob("*.parquet"))


def users_on_the_disk(home: Path) -> set[int | None]:
    """Name everybody of whom any file has a row, whether it is listed or not."""
    columns = [pq.read_table(path)["user_id"].to_pylist() for path in on_the_disk(home)]
    return {user for column in columns for user in column}


async def test_nothing_of_them_is_left_in_any_file(
    filled: Lake, database: Database, tmp_path: Path
) -> None:
    assert await forget(filled, database) == 15

    assert users_on_the_disk(tmp_path) == {1, 2, None}
    assert [str(path.relative_to(tmp_path / "lake")) for path in on_the_disk(tmp_path)] == sorted(
        (await paths(database)).values()
    )
    assert await leftovers(database) == 0


async def test_everybody_elses_rows_stay(filled: Lake, database: Database) -> None:
    before = await read(filled, FIRST, LAST, "id, user_id, kind, timestamp, academy_id")

    await forget(filled, database)

    after = await read(filled, FIRST, LAST, "id, user_id, kind, timestamp, academy_id")
    assert after == [row for row in before if row[1] != GONE]
    extent = await filled.extent()
    assert extent is not None
    assert extent.rows == len(after) == 20


async def test_only_days_that_had_them_are_rewritten(filled: Lake, database: Database) -> None:
    before = await paths(database)

    await forget(filled, database)

    after = await paths(database)
    same = {day for day in before if after.get(day) == before[day]}
    assert same == {date(2026, 3, 2)}
    assert set(before) - set(after) == {date(2026, 3, 3)}


async def test_a_stranger_changes_nothing(filled: Lake, database: Database) -> None:
    before = await paths(database)

    assert await forget(filled, database, 99) == 0

    assert await paths(database) == before


async def test_what_is_undone_leaves_the_rows_and_its_files_go(
    filled: Lake, database: Database, tmp_path: Path
) -> None:
    async with database.engine.connect() as connection, AsyncSession(connection) as session:
        await filled.forget(session, GONE)
    assert len(on_the_disk(tmp_path)) == 7

    await filled.tidy()

    assert len(on_the_disk(tmp_path)) == 4
    assert len(await read(filled, FIRST, LAST)) == len(EVENTS)
    assert await leftovers(database) == 0


async def test_a_file_that_is_being_read_goes_later(
    filled: Lake, database: Database, tmp_path: Path
) -> None:
    async with hold_lock(database, READERS_LOCK, shared=True):
        await forget(filled, database)
        assert GONE in users_on_the_disk(tmp_path)

    await filled.tidy()

    assert GONE not in users_on_the_disk(tmp_path)


async def test_a_lost_file_might_hold_rows_of_theirs(
    filled: Lake, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "lake" / (await paths(database))[LAST]).unlink()

    with pytest.raises(SourceDown, match="2026-03-04 again"):
        await forget(filled, database)


@pytest.mark.parametrize("replace", [False, True])
async def test_they_are_not_imported_again(
    filled: Lake, database: Database, tmp_path: Path, *, replace: bool
) -> None:
    await forget(filled, database)
    before = await read(filled, FIRST, LAST, "user_id")

    done = await filled.import_activity(batches([*EVENTS, event(None)]), replace=replace)

    assert (done.read, done.skipped_erased, done.undated) == (36, 15, 1)
    assert done.inserted + done.unchanged == 20
    assert await read(filled, FIRST, LAST, "user_id") == before
    assert GONE not in users_on_the_disk(tmp_path)
    assert await leftovers(database) == 0


async def test_an_import_waits_for_an_erasure_and_skips_them(
    filled: Lake, database: Database
) -> None:
    async with database.transaction() as session:
        await filled.forget(session, GONE)
        importing = asyncio.create_task(filled.import_activity(batches(EVENTS)))
        await until_waiting(database, 1)
        await erasure.remember_erased(session, GONE, NOW)
    done = await importing

    assert done.skipped_erased == 15
    assert GONE not in {user for (user,) in await read(filled, FIRST, LAST, "user_id")}
