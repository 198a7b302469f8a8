"""What a column of an imported file must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from app.kit.values import FIRST_DAY, LAST_DAY, MAX_CHARACTERS

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
    `nullable`. `letters` asks for so many letters, which are made capitals; an `is_id` has no
    invisible characters. Texts have at most `characters`; times lie in the bounds of every time.
    """

    name: str
    kind: ColumnType
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    characters: int = MAX_CHARACTERS
    letters: int | None = None
    is_id: bool = False
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
    bounds = {"of at least": column.minimum, "and at most": column.maximum}
    bound = "".join(f" {words} {at:,}" for words, at in bounds.items() if at is not None)
    time = f"a time such as 2024-01-31T09:30:00Z, from {FIRST_DAY.year} to {LAST_DAY.year}"
    unseen = "invisible" if column.is_id else "NUL"
    words: dict[ColumnType, str] = {
        "string": f"text of at most {column.characters} characters, none of them {unseen}",
        "int64": f"a whole number{bound}",
        "float64": f"a finite number{bound}",
        "timestamp": f"{time}, not in the future" if column.not_future else time,
    }
    return words[column.kind]
