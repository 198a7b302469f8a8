"""Drops the rows of the platform that have invalid values, and describes them."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from app.kit.plurals import counted
from app.sources.imports import Column
from app.sources.imports.columns import expectation
from app.sources.imports.faults import wrong_value


class RowFilter:
    """Filters the rows of one query; counts those left out and remembers the first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = 0
        self._first = ""

    def note(self) -> str | None:
        """Say how many rows were left out, and why the first one; None if none was."""
        if not self.rows:
            return None
        return f"{counted(self.rows, 'row')} of {self.name} left out, the first one {self._first}"

    def leave_out(
        self, batch: pa.RecordBatch, columns: Sequence[Column], now: datetime
    ) -> pa.RecordBatch:
        """Return the rows of `batch` in which every value is one that its column takes."""
        masks = {column: _sound(batch[column.name], column, now) for column in columns}
        usable = reduce(pc.and_, masks.values())
        wrong = batch.filter(pc.invert(usable))
        if wrong.num_rows and not self.rows:
            place = pc.index(usable, value=False).as_py()
            column = next(column for column in columns if not masks[column][place].as_py())
            self._first = _described(batch, place, column)
        self.rows += wrong.num_rows
        return batch.filter(usable) if wrong.num_rows else batch


def _described(batch: pa.RecordBatch, place: int, column: Column) -> str:
    key = batch.schema.names[0]
    found = batch[column.name][place].as_py()
    fault = wrong_value(
        place, column.name, "" if found is None else str(found), expectation(column)
    )
    return f"with {key} {batch[key][place].as_py()}: {column.name}: {fault.message}"


def _sound(values: pa.Array, column: Column, now: datetime) -> pa.Array:
    """Return where a value is one that the column takes; never NULL."""
    sound = pa.repeat(pa.scalar(value=True), len(values))
    if column.choices:
        sound = pc.and_(sound, pc.is_in(values, pa.array(column.choices, pa.string())))
    if column.minimum is not None:
        sound = pc.and_(sound, pc.greater_equal(values, column.minimum))
    if column.maximum is not None:
        sound = pc.and_(sound, pc.less_equal(values, column.maximum))
    if column.not_future:
        sound = pc.and_(sound, pc.less_equal(values, pa.scalar(now, values.type)))
    if column.kind == "string":
        sound = pc.and_(sound, pc.less_equal(pc.utf8_length(values), column.characters))
    missing = pc.is_null(values)
    if column.needs_value:
        return pc.and_(pc.invert(missing), pc.fill_null(sound, fill_value=False))
    return pc.or_(missing, pc.fill_null(sound, fill_value=False))
