"""Imports ten days of activity; says when it has read half, and when it has read all."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from app.kit.db.engine import Database
from app.sources.imports import CheckedRows
from app.sources.warehouse.lake.warehouse import Lake
from tests.support.lake import batches, event

DAYS = 10
ROWS_A_DAY = 400


def events(name: str) -> list[dict[str, object]]:
    """Build the rows of an import called `name`."""
    return [
        event(f"2026-03-{day + 1:02} {n // 60:02}:{n % 60:02}:00", id=f"{name} {day} {n}")
        for day in range(DAYS)
        for n in range(ROWS_A_DAY)
    ]


def telling(name: str) -> Iterator[pa.RecordBatch]:
    """Give the rows, and tell how far they were taken."""
    given = list(batches(events(name), size=500))
    for n, batch in enumerate(given):
        if n == len(given) // 2:
            print("half", flush=True)  # noqa: T201 - the test reads it
        yield batch
    print("all", flush=True)  # noqa: T201 - the test reads it


async def main(home: str, url: str, name: str) -> None:
    """Replace the days by the rows of `name`."""
    lake = Lake(Path(home), Database(url), memory="256MB", threads=1)
    await lake.import_activity(CheckedRows(telling(name), name=name), replace=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
