"""The orders of a list of risks, and how a page goes on after the last row of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.kit.cursors import Position, unreadable
from app.reports.churn.asked import RiskSort

Kind = Literal["double precision", "bigint", "date"]


@dataclass(frozen=True, slots=True)
class Term:
    """A column to order by; where it is NULL comes last, either way."""

    column: str
    kind: Kind
    descending: bool = False
    nullable: bool = False

    def rendered(self, prefix: str) -> str:
        """Write it for ORDER BY."""
        way = " DESC" if self.descending else ""
        return f"{prefix}{self.column}{way}{' NULLS LAST' if self.nullable else ''}"


SCORE = Term("churn_risk_score", "double precision", descending=True)
LOWEST = Term("churn_risk_score", "double precision")
RENEWAL = Term("days_until_renewal", "bigint", nullable=True)
USER = Term("user_id", "bigint")
MRR = Term("mrr", "double precision", descending=True, nullable=True)
INACTIVITY = Term("days_since_last_activity", "bigint", descending=True)
NEWEST = Term("report_date", "date", descending=True)
ENDING = (RENEWAL, USER, Term("academy_id", "bigint"), NEWEST)
KEYS_OF_A_DAY = ("academy_id", "report_date")

BEGINNINGS: dict[RiskSort, tuple[Term, ...]] = {
    RiskSort.HIGHEST_SCORE: (SCORE,),
    RiskSort.LOWEST_SCORE: (LOWEST,),
    RiskSort.SOONEST_RENEWAL: (RENEWAL, SCORE),
    RiskSort.HIGHEST_MRR: (MRR, SCORE),
    RiskSort.LONGEST_INACTIVE: (INACTIVITY, SCORE),
    RiskSort.NEWEST: (NEWEST, SCORE),
    RiskSort.USER: (USER,),
}


def terms_of(sort: RiskSort) -> Sequence[Term]:
    """Return the columns that order a list, so many that no two rows are equal."""
    beginning = BEGINNINGS[sort]
    return [*beginning, *(term for term in ENDING if term not in beginning)]


def order_by(terms: Sequence[Term], prefix: str) -> str:
    """Write ORDER BY."""
    return ", ".join(term.rendered(prefix) for term in terms)


def within_a_day(terms: Sequence[Term]) -> Sequence[Term]:
    """Leave out what is the same for all rows of an academy's day."""
    return [term for term in terms if term.column not in KEYS_OF_A_DAY]


def position(terms: Sequence[Term]) -> str:
    """Write the columns whose values are a row's place in the list."""
    return ", ".join(f"p.{term.column}" for term in terms)


def after(terms: Sequence[Term], place: Position) -> tuple[str, dict[str, object]]:
    """Write the condition for the rows that come after a place, and its parameters."""
    if len(place) != len(terms):
        raise unreadable()
    params = {
        f"after_{n}": _value(term, value)
        for n, (term, value) in enumerate(zip(terms, place, strict=True))
    }
    equal: list[str] = []
    ways: list[str] = []
    for n, term in enumerate(terms):
        is_null = params[f"after_{n}"] is None
        ways.extend(" AND ".join([*equal, beyond]) for beyond in _beyond(term, n, is_null=is_null))
        equal.append(_equal(term, n, is_null=is_null))
    given = {name: value for name, value in params.items() if value is not None}
    return f"({' OR '.join(f'({way})' for way in ways)})", given


def _beyond(term: Term, n: int, *, is_null: bool) -> Iterator[str]:
    if is_null:
        return
    sign = "<" if term.descending else ">"
    yield f"r.{term.column} {sign} CAST(:after_{n} AS {term.kind})"
    if term.nullable:
        yield f"r.{term.column} IS NULL"


def _equal(term: Term, n: int, *, is_null: bool) -> str:
    return f"r.{term.column} " + ("IS NULL" if is_null else f"= CAST(:after_{n} AS {term.kind})")


def _value(term: Term, value: object) -> object:
    """Check a value that came with a cursor, and turn it into what the column holds."""
    if value is None and term.nullable:
        return None
    try:
        if term.kind == "date" and isinstance(value, str):
            return date.fromisoformat(value)
        if term.kind == "bigint" and isinstance(value, int) and abs(value) < 1 << 63:
            return value
        if term.kind == "double precision" and isinstance(value, int | float):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise unreadable()
