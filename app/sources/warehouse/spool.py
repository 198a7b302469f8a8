"""A scan's rows, written as they arrive into one Arrow file a day."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import ipc

from app.kit.days import number_of
from app.sources.warehouse.contract import Query, Usage, Warehouse
from app.sources.warehouse.temp_dirs import private_folder


@asynccontextmanager
async def spool_days(
    warehouse: Warehouse, query: Query, days: Sequence[date], schema: pa.Schema, parent: Path
) -> AsyncIterator[tuple[Path, Usage]]:
    """Run `query` and yield a folder with a file `<day number>.arrow` for each of `days`.

    The result has a column `day`, the number of the report day; a day without rows has an empty
    file of `schema`. The folder is gone when the context is left.
    """
    kept = ExitStack()
    folder = await to_thread(kept.enter_context, private_folder(parent))
    try:
        with ExitStack() as stack:
            files = {
                number_of(day): stack.enter_context(
                    ipc.new_file(folder / f"{number_of(day)}.arrow", schema)
                )
                for day in days
            }
            usage = await warehouse.run(query, lambda batch: _split(batch, files, schema))
        yield folder, usage
    finally:
        await to_thread(kept.close)


def _split(
    batch: pa.RecordBatch, files: Mapping[int, ipc.RecordBatchFileWriter], schema: pa.Schema
) -> None:
    frame = pl.DataFrame(batch)
    for (day,), rows in frame.partition_by("day", as_dict=True, include_key=False).items():
        files[day].write_table(rows.to_arrow().cast(schema))
