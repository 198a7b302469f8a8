"""Rows that are sent as the body of a request, checked like those of a file."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from app.kit.errors import AppError, Fault, Invalid
from app.kit.http.dependencies import MAX_ID
from app.kit.http.problems import pointer
from app.kit.http.request_body import TooLarge, with_body
from app.sources.imports import (
    CheckedRows,
    Column,
    Imported,
    read_batches,
)
from app.sources.imports.columns import expectation
from app.sources.warehouse.temp_dirs import private_folder

MAX_BODY_ROWS = 50_000
MAX_BODY_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 120.0
MAX_BODY_FAULTS = 10
JSON_TYPE = "application/json"
NDJSON_TYPES = ("application/x-ndjson", "application/jsonl", "application/ndjson")

EXAMPLE: dict[str, Any] = {
    "inserted": 2,
    "changed": 1,
    "unchanged": 7,
    "skipped": 0,
    "stale": 0,
    "repeated": 0,
    "erased": 0,
    "errors": [],
}
INSTANT_PATTERN = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)

Row = Mapping[str, object]
Importing = Callable[[CheckedRows], Awaitable[Imported]]


class UnsupportedMediaType(AppError):
    """The body is in no form that is read."""

    status = 415


class Written(BaseModel):
    """What became of the rows; all or none are written."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    inserted: int
    changed: int
    unchanged: int
    skipped: int = Field(description="The sum of the next three.")
    stale: int = Field(description="Older than what is known.")
    repeated: int = Field(description="Identical to another row of the body.")
    erased: int = Field(description="Of somebody who was erased.")
    errors: list[str] = Field(default=[], description="Always empty: with a fault none is written.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """The rows of a body, in their order; `spool` is the folder that they may pass through."""

    rows: Sequence[Row]
    spool: Path

    def values(self, name: str) -> list[int]:
        """Return the whole numbers of a column, where there are some."""
        return [value for row in self.rows if isinstance(value := row.get(name), int)]

    def refuse(self, name: str, wrong: frozenset[object], message: str) -> None:
        """Raise `Invalid` naming the first rows with a wrong value, if there are any."""
        faults = [
            Fault(pointer=f"/{place}/{name}", message=message)
            for place, row in enumerate(self.rows)
            if row.get(name) in wrong
        ]
        if faults:
            raise _refusal(faults)


async def receive(request: Request, columns: Sequence[Column]) -> Uploaded:
    """Read a JSON array or NDJSON; raise `Invalid` for what is no row of these columns."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON_TYPE, *NDJSON_TYPES):
        raise UnsupportedMediaType(
            f"Send {JSON_TYPE} or {NDJSON_TYPES[0]}.", code="unsupported_media_type"
        )
    whole = await with_body(request, max_bytes=MAX_BODY_BYTES, seconds=MOST_SECONDS)
    rows = _parsed(await whole.body(), is_array=kind == JSON_TYPE)
    if len(rows) > MAX_BODY_ROWS:
        raise TooLarge(f"At most {MAX_BODY_ROWS:,} rows are taken at once.", code="too_many_rows")
    checked = list(_checked(rows, {column.name: column for column in columns}))
    return Uploaded(rows=checked, spool=request.app.state.sources.spool / "uploads")


async def load_upload(
    uploaded: Uploaded, columns: Sequence[Column], now: datetime, importing: Importing
) -> Written:
    """Hand the rows on as those of a file; faults found there point into the body."""
    if not uploaded.rows:
        return _written(Imported(kind="", read=0))
    with private_folder(uploaded.spool) as folder:
        path = folder / "rows.ndjson"
        await asyncio.to_thread(_write, path, uploaded.rows, columns)
        try:
            return _written(await importing(read_batches(path, columns, now=now)))
        except Invalid as error:
            if not error.faults:
                raise
            raise _refusal([_from_zero(fault) for fault in error.faults]) from None


def described(columns: Sequence[Column], example: Row) -> dict[str, Any]:
    """Describe the body for the API's description."""
    properties = {column.name: _property(column) for column in columns}
    row = {
        "type": "object",
        "properties": properties,
        "required": [column.name for column in columns if column.required],
        "additionalProperties": False,
    }
    array = {"type": "array", "items": row, "maxItems": MAX_BODY_ROWS}
    lines = {"schema": {"type": "string"}, "example": orjson.dumps(example).decode()}
    content = {JSON_TYPE: {"schema": array, "example": [example]}, NDJSON_TYPES[0]: lines}
    return {"requestBody": {"required": True, "content": content}}


def _written(imported: Imported) -> Written:
    return Written(
        inserted=imported.inserted,
        changed=imported.changed,
        unchanged=imported.unchanged,
        skipped=imported.stale + imported.repeated + imported.skipped_erased,
        stale=imported.stale,
        repeated=imported.repeated,
        erased=imported.skipped_erased,
    )


def _write(path: Path, rows: Sequence[Row], columns: Sequence[Column]) -> None:
    path.write_bytes(b"\n".join(_lines(rows, columns)))


def _property(column: Column) -> dict[str, Any]:
    kind = {"int64": "integer", "float64": "number"}.get(column.kind, "string")
    said: dict[str, Any] = {"type": kind if column.needs_value else [kind, "null"]}
    if column.kind == "timestamp":
        said["format"] = "date-time"
    if column.choices:
        said["enum"] = [*column.choices] if column.needs_value else [*column.choices, None]
    if column.kind == "int64":
        said["maximum"] = MAX_ID
    if column.minimum is not None:
        said["minimum"] = column.minimum
    if column.letters is not None:
        said["pattern"] = f"^[A-Za-z]{{{column.letters}}}$"
    elif kind == "string" and column.needs_value:
        said["minLength"] = 1
    return said


def _parsed(body: bytes, *, is_array: bool) -> Sequence[object]:
    if not is_array:
        return [_value(line, n) for n, line in enumerate(body.splitlines()) if line.strip()]
    found = _value(body, None)
    if not isinstance(found, list):
        raise _refusal([Fault(pointer="", message="an array of rows is expected")])
    return found


def _value(text: bytes, line: int | None) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = "" if line is None else f"/{line}"
        raise _refusal([Fault(pointer=place, message=f"this is no JSON: {error}")]) from None


def _checked(rows: Sequence[object], columns: Mapping[str, Column]) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _refusal([Fault(pointer=f"/{place}", message="an object is expected")])
        for name, value in row.items():
            column = columns.get(name)
            message = "unknown" if column is None else _wrong_kind(column, value)
            if message is not None:
                raise _refusal([Fault(pointer=pointer([place, name]), message=message)])
        yield row


def _wrong_kind(column: Column, value: object) -> str | None:
    """Say what is wrong with the kind of a value; a file has only text, where JSON has kinds."""
    if value is None or _fits(column, value):
        return None
    return f"expected {expectation(column)}"


def _fits(column: Column, value: object) -> bool:
    if column.kind in ("int64", "float64"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole or (column.kind == "float64" and isinstance(value, float))
    if not isinstance(value, str):
        return False
    if column.kind == "timestamp":
        return INSTANT_PATTERN.fullmatch(value) is not None
    if column.letters is not None:
        return len(value) == column.letters and value.isascii() and value.isalpha()
    return not column.choices or value in column.choices


def _lines(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[bytes]:
    """Write the rows; the first has every column, so that one left out is a fault of its row."""
    first = dict.fromkeys(column.name for column in columns)
    for row in rows[:1]:
        yield orjson.dumps(first | dict(row))
    for row in rows[1:]:
        yield orjson.dumps(row)


def _from_zero(fault: Fault) -> Fault:
    """Turn the number of a row, the first of which is 1, into its place in an array."""
    _, row, *rest = fault.pointer.split("/")
    return Fault(pointer="/".join(["", str(int(row) - 1), *rest]), message=fault.message)


def _refusal(faults: Sequence[Fault]) -> Invalid:
    counted = "a fault" if len(faults) == 1 else "faults"
    return Invalid(
        f"Nothing was written: the rows have {counted}.",
        code="invalid_rows",
        faults=faults[:MAX_BODY_FAULTS],
    )
