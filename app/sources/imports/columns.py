"""What a column of an imported file must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

ColumnType = Literal["string", "int64", "float64", "timestamp"]

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
DUCKDB_TYPES: dict[ColumnType, str] = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type, and which values it takes.

    A `required` column must be in the file, and have a value in every row unless it is
    `nullable`. `letters` asks for so many letters, which are made capitals.
    """

    name: str
    kind: ColumnType
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    letters: int | None = None
    not_future: bool = False

    @property
    def needs_value(self) -> bool:
        return self.required and not self.nullable


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of the batches that have these columns."""
    return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in columns])


def expectation(column: Column) -> str:
    """Say in words what the column takes."""
    if column.choices:
        return f"one of {', '.join(column.choices)}"
    if column.letters is not None:
        return f"{column.letters} letters"
    bound = "" if column.minimum is None else f" of at least {column.minimum}"
    time = "a time such as 2024-01-31T09:30:00Z"
    words: dict[ColumnType, str] = {
        "string": "text without NUL characters",
        "int64": f"a whole number{bound}",
        "float64": f"a finite number{bound}",
        "timestamp": f"{time}, not in the future" if column.not_future else time,
    }
    return words[column.kind]
