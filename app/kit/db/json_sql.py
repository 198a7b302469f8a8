"""JSON that Postgres writes, in the words of the model that describes it."""

from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from types import NoneType
from typing import get_args
from uuid import UUID

from pydantic import BaseModel

QUOTED = (StrEnum, date, UUID)
"""What needs quotes, but holds nothing that would have to be escaped between them."""


@lru_cache
def object_of(model: type[BaseModel], row: str, *, without: frozenset[str] = frozenset()) -> str:
    """Write the SQL of the text of a JSON object: the fields of `model`, from the columns of `row`.

    Gives what `row_to_json` would, in two thirds of the time: that looks up the type of
    every column, and escapes its name, for every row.
    """
    parts, between = [], "{"
    for name, field in model.model_fields.items():
        if name in without:
            continue
        opening, value, closing = _written(field.annotation, f"{row}.{name}")
        comma = "" if between == "{" else ","
        parts += [f"'{between}{comma}\"{name}\":{opening}'", value]
        between = closing
    return f"concat({', '.join(parts)}, '{between}}}')"


def _written(kind: object, value: str) -> tuple[str, str, str]:
    """Return what stands before a value, the SQL of its text, and what stands after it."""
    may_be_null = NoneType in get_args(kind)
    of = next(each for each in get_args(kind) if each is not NoneType) if may_be_null else kind
    if of in (str, datetime):
        return "", f"coalesce(CAST(to_json({value}) AS text), 'null')", ""
    quoted = isinstance(of, type) and issubclass(of, QUOTED)
    if not may_be_null:
        plain = f"CAST({value} AS text)" if of is bool else value
        return ('"', plain, '"') if quoted else ("", plain, "")
    text = f"'\"' || {value} || '\"'" if quoted else f"CAST({value} AS text)"
    return "", f"coalesce({text}, 'null')", ""
