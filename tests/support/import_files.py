"""Files to import, written by hand and read as a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from app.sources.imports import Column, read_batches, schema_of

NOW = datetime(2024, 6, 1, tzinfo=UTC)
COLUMNS = (
    Column("id", "string", required=True, is_id=True),
    Column("user_id", "int64", required=True, minimum=1),
    Column("status", "string", choices=("ACTIVE", "OVER")),
    Column("seen_at", "timestamp", not_future=True),
    Column("amount", "float64", minimum=0, maximum=1_000_000),
    Column("currency", "string", letters=3),
)
ROW = {
    "id": "a",
    "user_id": 7,
    "status": "ACTIVE",
    "seen_at": datetime(2024, 5, 1, 8, 30, tzinfo=UTC),
    "amount": 1.5,
    "currency": "EUR",
}
NAMES = "id,user_id,status,seen_at,amount,currency"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, columns: Sequence[Column] = COLUMNS) -> list[dict[str, object]]:
    rows = read_batches(path, columns, now=NOW)
    return list(pa.Table.from_batches(rows, schema=schema_of(columns)).to_pylist())


def csv_of(*lines: str) -> str:
    return "\n".join([NAMES, *lines, ""])
