"""Reads the rows of a body, a JSON array or NDJSON, as batches of typed and checked columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import from_json

from app.kit.errors import Fault, Invalid
from app.kit.http.problems import NO_JSON, pointer
from app.kit.http.request_body import TooLarge
from app.kit.values import MAX_ID, WITHOUT_NUL, Instant, TextId
from app.sources.imports import Column, schema_of
from app.sources.imports.columns import expectation
from app.sources.imports.faults import MAX_LISTED

MAX_ROWS = 50_000
MAX_ROW_BYTES = 16 * 1024
"""More than the longest texts of a row take, however they are escaped."""
ROWS_PER_BATCH = 500
"""So many are parsed at a stretch, during which no other thread runs."""

FLAT = rb'[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"'
ROW = re.compile(
    rb"\{(?:%b|\{(?:%b)*+\}|\[(?:%b)*+\])*+\}" % (FLAT, FLAT, FLAT), re.DOTALL | re.ASCII
)
"""An object whose values have no depth, but for one level, so that a fault can name its column."""
BLANK = rb"[ \t\r\n]*+"
OPENING = re.compile(BLANK + rb"\[" + BLANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What stands between the rows of a body, and after the last one."""

    between: re.Pattern[bytes]
    end: re.Pattern[bytes]


ARRAY = Form(
    between=re.compile(BLANK + rb"," + BLANK), end=re.compile(BLANK + rb"\]" + BLANK + rb"\Z")
)
LINES = Form(between=re.compile(rb"[ \t\r]*+\n" + BLANK), end=re.compile(BLANK + rb"\Z"))


@cache
def row_model(columns: tuple[Column, ...]) -> type[BaseModel]:
    """Make the model of a row; what is not required may be left out, or null."""
    fields: dict[str, Any] = {
        column.name: (_kind(column), ...) if column.required else (_kind(column) | None, None)
        for column in columns
    }
    return create_model("Row", __config__=ConfigDict(extra="forbid", strict=True), **fields)


@cache
def _adapter(columns: tuple[Column, ...]) -> TypeAdapter[list[BaseModel]]:
    rows: Any = GenericAlias(list, row_model(columns))
    return TypeAdapter(rows)


def _kind(column: Column) -> Any:  # noqa: ANN401 - a type that is made here
    if column.choices:
        return Literal[column.choices]
    match column.kind:
        case "int64":
            return Annotated[int, Field(ge=column.minimum, le=MAX_ID)]
        case "float64":
            bounds = Field(ge=column.minimum, le=column.maximum, allow_inf_nan=False)
            return Annotated[float, bounds]
        case "timestamp":
            return Instant
        case "string":
            return _text(column)


def _text(column: Column) -> Any:  # noqa: ANN401 - a type that is made here
    if column.is_id:
        return TextId
    if column.letters is not None:
        pattern = f"^[A-Za-z]{{{column.letters}}}$"
        return Annotated[str, StringConstraints(to_upper=True, pattern=pattern)]
    least, most = int(column.needs_value), column.characters
    bounds = StringConstraints(strip_whitespace=True, min_length=least, max_length=most)
    return Annotated[str, bounds, WITHOUT_NUL]


def parse_rows(
    body: bytes, form: Form, columns: tuple[Column, ...], now: datetime
) -> list[pa.RecordBatch]:
    """Return the rows of a body as batches of `columns`, in their order.

    All are found and measured before any is parsed; raises `TooLarge` for too many, and `Invalid`
    for the first that are no rows of these columns, with pointers into the body.
    """
    rows = list(_rows(body, form))
    return [
        _batch(rows[first : first + ROWS_PER_BATCH], first, columns, now)
        for first in range(0, len(rows), ROWS_PER_BATCH)
    ]


def _rows(body: bytes, form: Form) -> Iterator[bytes]:
    """Cut a body into rows, the values of which are still to be parsed."""
    at = _start(body, form)
    if form.end.match(body, at):
        return
    for place in range(MAX_ROWS):
        row = ROW.match(body, at, at + MAX_ROW_BYTES)
        if row is None:
            is_object = body.startswith(b"{", at)
            told = f"a whole and flat one of at most {MAX_ROW_BYTES:,} bytes" if is_object else "an"
            raise refusal_of([Fault(pointer=f"/{place}", message=f"{told} object is expected")])
        yield row[0]
        if form.end.match(body, row.end()):
            return
        gap = form.between.match(body, row.end())
        if gap is None:
            raise refusal_of(
                [Fault(pointer=f"/{place}", message="this is no JSON: nothing ends it")]
            )
        at = gap.end()
    raise TooLarge(f"At most {MAX_ROWS:,} rows are taken at once.", code="too_many_rows")


def _start(body: bytes, form: Form) -> int:
    """Return where the first row is."""
    opening = OPENING if form is ARRAY else re.compile(BLANK)
    found = opening.match(body)
    if found is None:
        raise refusal_of([Fault(pointer="", message="an array of rows is expected")])
    return found.end()


def _batch(
    rows: Sequence[bytes], first: int, columns: tuple[Column, ...], now: datetime
) -> pa.RecordBatch:
    """Parse rows, of which the first is the body's row `first`."""
    try:
        parsed = _adapter(columns).validate_json(b"[" + b",".join(rows) + b"]")
    except ValidationError as error:
        raise refusal_of(list(_faults(error, rows, first, columns))) from None
    batch = pa.RecordBatch.from_pylist([row.__dict__ for row in parsed], schema_of(columns))
    filled = {name: _without_empty(batch[name]) for name in batch.schema.names}
    ahead = [
        Fault(pointer=f"/{first + place}/{column.name}", message=f"expected {expectation(column)}")
        for column in columns
        if column.not_future
        for place in pc.indices_nonzero(pc.greater(batch[column.name], now)).to_pylist()
    ]
    if ahead:
        raise refusal_of(ahead)
    return pa.RecordBatch.from_pydict(filled, schema=batch.schema)


def _without_empty(values: pa.Array) -> pa.Array:
    """Take an empty text for none, as in a file."""
    if not pa.types.is_string(values.type):
        return values
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _faults(
    error: ValidationError, rows: Sequence[bytes], first: int, columns: Sequence[Column]
) -> Iterator[Fault]:
    """Say what is wrong with rows, in the words that a file's fault has."""
    expected = {column.name: f"expected {expectation(column)}" for column in columns}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        if fault["type"] == NO_JSON:
            place = next(place for place, row in enumerate(rows) if not _is_json(row))
            yield Fault(pointer=f"/{first + place}", message="this is no JSON")
        else:
            place, name = int(fault["loc"][0]), str(fault["loc"][1])
            yield Fault(
                pointer=pointer([first + place, name]), message=expected.get(name, "unknown")
            )


def _is_json(row: bytes) -> bool:
    try:
        from_json(row)
    except ValueError:
        return False
    return True


def refusal_of(faults: Sequence[Fault]) -> Invalid:
    """Return the error for a body of which nothing is written."""
    counted = "a fault" if len(faults) == 1 else "faults"
    return Invalid(
        f"Nothing was written: the rows have {counted}.",
        code="invalid_rows",
        faults=faults[:MAX_LISTED],
    )
