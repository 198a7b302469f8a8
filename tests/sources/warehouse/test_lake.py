"""Asking the lake."""

import asyncio
import threading
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.sources.warehouse.activity import scan_params
from app.sources.warehouse.contract import Extent, Query
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.lake import (
    FLAT,
    activity_query,
    batches,
    event,
    read,
)
from tests.support.locks import idle_transactions, wait_for_lock_waiters

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 20)
EVENTS = [event(f"2026-03-{day:02} 10:00:00") for day in range(1, 21)]
ENDLESS = "SELECT COUNT(DISTINCT CONCAT(a0.id, a7.id)) AS n FROM {tables}"
SPILLING = """
SELECT SUM(m) AS m FROM (
  SELECT COUNT(n) AS m, MOD(n, 2000000) AS k FROM UNNEST(GENERATE_ARRAY(1, 4000000)) AS n
  GROUP BY k
)
"""


def sized(folder: Path, first: date, last: date) -> int:
    """Add up the bytes of the files of the days."""
    files = (folder / "lake").glob("2026-*/*.parquet")
    days = {path: date.fromisoformat(path.parent.name) for path in files}
    return sum(path.stat().st_size for path, day in days.items() if first <= day <= last)


async def test_an_empty_lake_answers_with_no_rows(lake: Lake) -> None:
    assert await read(lake, FIRST, LAST) == []
    assert await lake.extent() is None


async def test_the_extent_is_told(lake: Lake) -> None:
    await lake.import_activity(batches(EVENTS))

    assert await lake.extent() == Extent(oldest=FIRST, newest=LAST, rows=20)
    assert await lake.columns() == FLAT


async def test_while_it_answers_no_transaction_is_open(lake: Lake, database: Database) -> None:
    await lake.import_activity(batches(EVENTS))
    is_answering, may_go_on = threading.Event(), threading.Event()

    def sink(_: pa.RecordBatch) -> None:
        is_answering.set()
        may_go_on.wait(60)

    answering = asyncio.create_task(lake.run(activity_query(lake, FIRST, LAST), sink))
    assert await asyncio.to_thread(is_answering.wait, 60)
    idle = await idle_transactions(database)
    may_go_on.set()

    assert (await answering).rows == len(EVENTS)
    assert idle == 0


async def test_while_days_are_written_no_transaction_is_open(
    lake: Lake, database: Database
) -> None:
    """The import waits, as it announces its files, for a table that another transaction has."""
    async with database.transaction() as holder:
        await (await holder.connection()).execute(text("LOCK TABLE lake_leftovers"))
        importing = asyncio.create_task(lake.import_activity(batches(EVENTS)))
        await wait_for_lock_waiters(database, 1)

        assert await idle_transactions(database) == 1, "that of the other alone"

    assert (await importing).inserted == len(EVENTS)


async def test_only_the_files_of_the_days_asked_are_read(lake: Lake, tmp_path: Path) -> None:
    await lake.import_activity(batches(EVENTS))
    first, last = date(2026, 3, 5), date(2026, 3, 7)
    query = activity_query(lake, first, last)

    usage = await lake.run(query, lambda _: None)

    assert (usage.rows, usage.bytes_billed) == (3, 0)
    assert usage.bytes_processed == sized(tmp_path, first, last)
    assert await lake.estimate(query) == usage.bytes_processed


@pytest.mark.parametrize(
    ("zone", "first"),
    [("UTC", date(2026, 3, 2)), ("Europe/Madrid", FIRST), ("America/New_York", date(2026, 3, 2))],
)
async def test_a_zone_reads_one_day_more(
    lake: Lake, tmp_path: Path, zone: str, first: date
) -> None:
    await lake.import_activity(batches(EVENTS))
    params = scan_params([date(2026, 3, 15)], ZoneInfo(zone))
    last = date(2026, 3, 16 if zone == "America/New_York" else 15)

    assert await lake.estimate(Query(sql="", params=params)) == sized(tmp_path, first, last)


async def test_readers_see_the_old_day_or_the_new_while_it_is_replaced(lake: Lake) -> None:
    rows = [event("2026-03-01 10:00:00", id=f"{n}") for n in range(100)]
    await lake.import_activity(batches(rows, size=50))

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(read(lake, FIRST, FIRST)) for _ in range(8)]
        group.create_task(lake.import_activity(batches(rows[:10], size=5), replace=True))
        readers += [group.create_task(read(lake, FIRST, FIRST)) for _ in range(8)]

    assert {len(reader.result()) for reader in readers} <= {100, 10}
    assert len(await read(lake, FIRST, FIRST)) == 10


async def test_cancelling_stops_the_query(lake: Lake) -> None:
    await lake.import_activity(batches(EVENTS))
    query = activity_query(lake, FIRST, LAST)
    tables = ", ".join(f"{lake.table} AS a{n}" for n in range(8))
    endless = Query(sql=ENDLESS.format(tables=tables), params=query.params)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await lake.run(endless, lambda _: None)

    assert len(await read(lake, FIRST, LAST)) == 20


async def test_an_error_of_the_sink_is_its_own(lake: Lake) -> None:
    await lake.import_activity(batches(EVENTS))

    def full(_batch: pa.RecordBatch) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        await lake.run(activity_query(lake, FIRST, LAST), full)


async def test_queries_that_spill_at_once_do_not_disturb_each_other(
    tmp_path: Path, database: Database
) -> None:
    small = Lake(tmp_path, database, memory="60MB", threads=1)
    params = activity_query(small, FIRST, LAST).params
    found: list[pa.RecordBatch] = []

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(small.run(Query(sql=SPILLING, params=params), found.append))

    assert [batch.to_pylist() for batch in found] == [[{"m": 4_000_000}]] * 3
    assert not list((tmp_path / "spool" / "duckdb").iterdir())


async def test_too_little_memory_is_said_in_words(tmp_path: Path, database: Database) -> None:
    tiny = Lake(tmp_path, database, memory="2MB", threads=1)
    params = activity_query(tiny, FIRST, LAST).params

    with pytest.raises(SourceDown, match="HEADSUP_QUERY_MEMORY"):
        await tiny.run(Query(sql=SPILLING, params=params), lambda _: None)
