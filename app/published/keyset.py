"""Keyset pagination: the orders of a list, and how a page goes on after the last row of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.kit.http.cursors import Position, unreadable

TermType = Literal["double precision", "bigint", "date", "text"]
MAX_BIGINT = 1 << 63
KEYS_OF_A_DAY = ("academy_id", "report_date")
"""Columns that are constant within an academy's day."""


@dataclass(frozen=True, slots=True)
class Term:
    """A column to order by; NULL comes last, whatever the direction."""

    column: str
    type: TermType
    descending: bool = False
    nullable: bool = False

    def rendered(self, prefix: str) -> str:
        """Return the SQL of the column for ORDER BY, with `prefix` before its name."""
        way = " DESC" if self.descending else ""
        return f"{prefix}{self.column}{way}{' NULLS LAST' if self.nullable else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on the rows `r` of a report's table, and its parameters."""

    sql: str
    params: dict[str, object]


def order_by(terms: Sequence[Term], prefix: str) -> str:
    """Return the SQL of the terms after ORDER BY."""
    return ", ".join(term.rendered(prefix) for term in terms)


def within_a_day(terms: Sequence[Term]) -> Sequence[Term]:
    """Return the terms without the columns that are constant within an academy's day."""
    return [term for term in terms if term.column not in KEYS_OF_A_DAY]


def position_sql(terms: Sequence[Term]) -> str:
    """Write the columns whose values are the position of a row `p`."""
    return ", ".join(f"p.{term.column}" for term in terms)


def after(terms: Sequence[Term], position: Position) -> Condition:
    """Return the condition for the rows that come after a position; raise `Invalid`.

    The bound on the first column alone follows from the rest; an index can use it.
    """
    if len(position) != len(terms):
        raise unreadable()
    params = {
        f"after_{n}": _value(term, value)
        for n, (term, value) in enumerate(zip(terms, position, strict=True))
    }
    equal: list[str] = []
    ways: list[str] = []
    for n, term in enumerate(terms):
        is_null = params[f"after_{n}"] is None
        ways.extend(" AND ".join([*equal, beyond]) for beyond in _beyond(term, n, is_null=is_null))
        equal.append(_equal(term, n, is_null=is_null))
    sql = f"({' OR '.join(f'({way})' for way in ways)})"
    first = terms[0]
    if not first.nullable:
        sign = "<=" if first.descending else ">="
        sql = f"r.{first.column} {sign} CAST(:after_0 AS {first.type}) AND {sql}"
    given = {name: value for name, value in params.items() if value is not None}
    return Condition(sql=sql, params=given)


def _beyond(term: Term, n: int, *, is_null: bool) -> Iterator[str]:
    if is_null:
        return
    sign = "<" if term.descending else ">"
    yield f"r.{term.column} {sign} CAST(:after_{n} AS {term.type})"
    if term.nullable:
        yield f"r.{term.column} IS NULL"


def _equal(term: Term, n: int, *, is_null: bool) -> str:
    return f"r.{term.column} " + ("IS NULL" if is_null else f"= CAST(:after_{n} AS {term.type})")


def _value(term: Term, value: object) -> object:
    """Check a value that came with a cursor, and turn it into what the column holds."""
    if value is None and term.nullable:
        return None
    try:
        if term.type == "date" and isinstance(value, str):
            return date.fromisoformat(value)
        if term.type == "text" and isinstance(value, str) and "\0" not in value:
            return value
        if term.type == "bigint" and isinstance(value, int) and abs(value) < MAX_BIGINT:
            return value
        if term.type == "double precision" and isinstance(value, int | float):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise unreadable()
