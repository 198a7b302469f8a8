"""The formats of lists: JSON a page at a time, CSV and NDJSON all of it."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

from fastapi import Request
from pydantic import Field

FORMULA = r"^[\s\x01-\x1f\x7f]*[-=+@]|^[\t\r\n]"
"""Matches text that a spreadsheet would compute; in the words of Postgres and of DuckDB alike."""


class ListFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


FORMAT = Field(
    default=None, description="csv and ndjson stream all items; `Accept` asks for it as well."
)
TYPES = {ListFormat.CSV: "text/csv; charset=utf-8", ListFormat.NDJSON: "application/x-ndjson"}
ACCEPTED = {"text/csv": ListFormat.CSV, "application/x-ndjson": ListFormat.NDJSON}


def format_of(request: Request, given: ListFormat | None) -> ListFormat:
    """Return the format asked for: by the parameter, else by `Accept`, else JSON."""
    if given is not None:
        return given
    header = request.headers.get("accept", "")
    accepted = [kind.partition(";")[0].strip() for kind in header.split(",")]
    found = (ACCEPTED[kind] for kind in accepted if kind in ACCEPTED)
    return ListFormat.JSON if "application/json" in accepted else next(found, ListFormat.JSON)


def cells(row: str, names: Sequence[str], *, texts: Collection[str]) -> str:
    """Name the columns of a CSV as SQL; `texts` that a spreadsheet would compute are marked."""
    return ", ".join(_cell(row, name, is_text=name in texts) for name in names)


def streamed(first_columns: str) -> dict[str, Any]:
    """Describe the answers of a list in the formats that are streamed."""
    return {
        "text/csv": {"schema": {"type": "string"}, "example": f"{first_columns},...\r\n"},
        "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"rows":0}\n'},
    }


def _cell(row: str, name: str, *, is_text: bool) -> str:
    if not is_text:
        return f"{row}.{name}"
    return f"CASE WHEN {row}.{name} ~ '{FORMULA}' THEN '''' ELSE '' END || {row}.{name} AS {name}"
