"""A file comes in whole or not at all."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from app.kit.errors import Invalid
from app.sources.imports import Imported, read_batches
from app.sources.subscriptions.columns import SUBSCRIPTION_COLUMNS
from app.sources.subscriptions.imports import import_subscriptions
from tests.support.subscriptions import NOW

HEADER = "id,user_id,academy_id,status,started_at,updated_at,seats"
GOOD = "s1,7,3,ACTIVE,2024-03-01,,2"


async def load(database: Database, folder: Path, *lines: str) -> Imported:
    path = folder / "subscriptions.csv"
    path.write_text("\n".join([HEADER, *lines]), "utf-8")
    async with database.transaction() as session:
        rows = read_batches(path, SUBSCRIPTION_COLUMNS, now=NOW)
        return await import_subscriptions(session, rows, now=NOW)


async def stored(database: Database) -> int:
    async with database.transaction() as session:
        connection = await session.connection()
        counted = await connection.execute(text("SELECT count(*) FROM subscription_history"))
        return int(counted.scalar_one())


async def test_a_file_is_imported(database: Database, tmp_path: Path) -> None:
    counts = await load(database, tmp_path, GOOD)

    assert (counts.read, counts.inserted, counts.ignored_columns) == (1, 1, ("seats",))
    assert await stored(database) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("s2,7,3,GONE,2024-03-01,,", r"row 2 \(line 3\), status: found 'GONE', expected one of"),
        ("s2,7,3,ACTIVE,2024-03-01,2025-01-01,", r"row 2 \(line 3\), updated_at: .*in the future"),
        ("s1,7,4,ACTIVE,2024-03-01,,", r"row 2 \(line 3\), id: s1 has other values in row 1"),
    ],
)
async def test_one_bad_row_keeps_the_whole_file_out(
    database: Database, tmp_path: Path, bad: str, message: str
) -> None:
    with pytest.raises(Invalid, match=f"(?s)subscriptions.csv: nothing was imported.*{message}"):
        await load(database, tmp_path, GOOD, bad)

    assert await stored(database) == 0


async def test_a_start_and_an_end_may_lie_in_the_future(database: Database, tmp_path: Path) -> None:
    counts = await load(database, tmp_path, "s1,7,3,ACTIVE,2199-03-01,,")

    assert counts.inserted == 1


async def test_the_same_file_four_times_at_once_is_imported_once(
    database: Database, tmp_path: Path
) -> None:
    counts = await asyncio.gather(*(load(database, tmp_path, GOOD) for _ in range(4)))

    assert sorted(count.inserted for count in counts) == [0, 0, 0, 1]
    assert sum(count.unchanged for count in counts) == 3
    assert await stored(database) == 1
