"""SQL with names for its values, and the form in which the driver takes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

TOKEN = re.compile(
    r"""(?P<quoted>\b[eE]'(?:[^'\\]|\\.|'')*'|'[^']*'|"[^"]*")"""
    r"""|(?P<comment>\s*(?:--[^\n]*|/\*.*?\*/))"""
    r"""|(?<![:\w]):(?P<name>[a-z]\w*)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with `:name`, and the values; those that it does not name are left out."""

    sql: str
    params: Mapping[str, object]


def numbered(statement: Statement) -> tuple[str, list[object]]:
    """Write `:name` as `$1`, and return the values in their order.

    String literals and quoted identifiers stay as they are. Comments are removed: for COPY the
    driver writes the values into the SQL, and a line break in a value would end a comment.
    """
    sql, names = _numbered(statement.sql)
    return sql, [statement.params[name] for name in names]


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return the SQL, and which values it takes, in their order."""
    places: dict[str, int] = {}

    def written(token: re.Match[str]) -> str:
        if name := token["name"]:
            return f"${places.setdefault(name, len(places) + 1)}"
        return token["quoted"] or ""

    return TOKEN.sub(written, sql), tuple(places)
