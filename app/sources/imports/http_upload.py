"""Rows that are sent as the body of a request: typed and checked as those of a file are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from app.kit.errors import AppError, Fault, Invalid
from app.kit.http.request_body import with_body
from app.sources.imports import CheckedRows, Column, Imported
from app.sources.imports.row_parser import (
    ARRAY,
    LINES,
    MAX_ROWS,
    parse_rows,
    refusal_of,
    row_model,
)

MAX_BYTES = 32 * 1024 * 1024
MAX_SECONDS = 120.0
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
class Upload:
    """The checked rows of a body, in their order: what is looked at here is what is written."""

    batches: Sequence[pa.RecordBatch]

    def values(self, name: str) -> list[int]:
        """Return the distinct whole numbers of a column."""
        chunks = [batch[name] for batch in self.batches]
        found: list[int] = pc.unique(pa.chunked_array(chunks, pa.int64())).to_pylist()
        return found


async def receive(request: Request, columns: tuple[Column, ...], now: datetime) -> Upload:
    """Read a JSON array or NDJSON; raise `Invalid` for what is no row of these columns.

    The rows are counted and measured before they are parsed, in a thread, some at a time: so
    neither the memory nor the time that others wait grows with what is sent.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON_TYPE, *NDJSON_TYPES):
        raise UnsupportedMediaType(
            f"Send {JSON_TYPE} or {NDJSON_TYPES[0]}.", code="unsupported_media_type"
        )
    whole = await with_body(request, max_bytes=MAX_BYTES, seconds=MAX_SECONDS)
    form = ARRAY if kind == JSON_TYPE else LINES
    rows = await asyncio.to_thread(parse_rows, await whole.body(), form, columns, now)
    return Upload(batches=rows)


async def load_upload(upload: Upload, importing: Importing) -> Written:
    """Hand the rows on as those of a file; faults found there point into the body."""
    if not upload.batches:
        return _written(Imported(kind="", read=0))
    try:
        return _written(await importing(CheckedRows(iter(upload.batches), name="rows")))
    except Invalid as error:
        if not error.faults:
            raise
        raise refusal_of([_from_zero(fault) for fault in error.faults]) from None


def described(columns: tuple[Column, ...], example: Mapping[str, object]) -> dict[str, Any]:
    """Describe the body for the API's description."""
    row = row_model(columns).model_json_schema()
    array = {"type": "array", "items": row, "maxItems": MAX_ROWS}
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


def _from_zero(fault: Fault) -> Fault:
    """Turn the number of a row, the first of which is 1, into its place in an array."""
    _, row, *rest = fault.pointer.split("/")
    return Fault(pointer="/".join(["", str(int(row) - 1), *rest]), message=fault.message)
