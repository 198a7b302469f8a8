"""SQL with names for its values, and the form in which the driver takes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

NAME = re.compile(r"(?<![:\w]):([a-z]\w*)")
COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with `:name`, and the values; those that it does not name are left out."""

    sql: str
    params: Mapping[str, object]


def numbered(statement: Statement) -> tuple[str, list[object]]:
    """Write `:name` as `$1`, as the driver takes it, which writes the values into what it copies.

    It would write them into comments, too, which a line's end in a value would end.
    """
    sql, names = _numbered(statement.sql)
    return sql, [statement.params[name] for name in names]


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return the SQL, and which values it takes, in their order."""
    bare = COMMENT.sub("", sql)
    places: dict[str, int] = {}
    written = NAME.sub(lambda name: f"${places.setdefault(name[1], len(places) + 1)}", bare)
    return written, tuple(places)
