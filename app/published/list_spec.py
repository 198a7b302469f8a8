"""The definition of a report's list, and the statements that read a page or all of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

import orjson
from pydantic import BaseModel

from app.kit.db.json_sql import object_of
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.http.cursors import Cursor, Position
from app.kit.http.formats import ListFormat, cells
from app.kit.sql import load_sql
from app.published import keyset
from app.published.keyset import Condition, Term
from app.published.requests import ListQuery
from app.published.snapshot import Snapshot, SnapshotSpec

PAGE_SQL = load_sql(__package__, "page")
STREAM_SQL = load_sql(__package__, "stream")
TOTAL_SQL = load_sql(__package__, "total")

Q = TypeVar("Q", bound=ListQuery)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpec(Generic[Q]):
    """A list over the rows of one report table, whose key holds report_date and academy_id.

    `columns_sql` selects the fields of `item` from a row `p` and from what `joins_sql` joins to
    it, which may use `{first}` and `{last}`, the days of the answer, and `{people}`, whether
    names may be read. `text_columns` come from people: a spreadsheet must not compute them.
    `optional_columns` maps a flag of the query to the SQL of the field of that name, which is
    left out without the flag. `orders` begins each `sort`, and `tie_break` ends all of them, so
    that no two rows are equal.
    """

    snapshot: SnapshotSpec
    table: str
    query: type[Q]
    item: type[BaseModel]
    columns_sql: str
    joins_sql: str
    orders: Mapping[StrEnum, Sequence[Term]]
    tie_break: Sequence[Term]
    condition: Callable[[Q], Condition]
    text_columns: Sequence[str] = ()
    optional_columns: Mapping[str, str] = field(default_factory=dict)

    def terms(self, query: Q) -> Sequence[Term]:
        """Return the columns that order the list."""
        beginning = self.orders[self.sort_of(query)]
        return [*beginning, *(term for term in self.tie_break if term not in beginning)]

    def sort_of(self, query: Q) -> StrEnum:
        """Return the `sort` of a query."""
        sort: StrEnum = query.sort  # type: ignore[attr-defined]
        return sort

    def joins(self, snapshot: Snapshot, *, people: bool) -> str:
        """Return the SQL of what is joined to a row `p`."""
        names = "true" if people else "false"
        return self.joins_sql.format(**snapshot.bounds_sql, people=names)

    def omitted(self, query: Q) -> frozenset[str]:
        """Return the fields that the query does not ask for."""
        return frozenset(name for name in self.optional_columns if not getattr(query, name))

    def parts(self, query: Q, snapshot: Snapshot, *, people: bool) -> dict[str, str]:
        """Return the parts that the statements of the list have in common, by placeholder."""
        omitted = self.omitted(query)
        extra = [
            f", {sql} AS {name}"
            for name, sql in self.optional_columns.items()
            if name not in omitted
        ]
        return {
            **snapshot.bounds_sql,
            "table": self.table,
            "joins": self.joins(snapshot, people=people),
            "row": "r AS row," if extra else "",
            "columns": self.columns_sql + "".join(extra),
            "item": object_of(self.item, "item", without=omitted),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """A page as the database wrote it: `items` are JSON objects with commas between them.

    `unchanged` says that it is made of exactly the revisions of its snapshot.
    """

    unchanged: bool
    items: str
    position: Position | None = None
    total: int | None = None


async def read_page(
    rows: Rows,
    spec: ListSpec[Q],
    query: Q,
    snapshot: Snapshot,
    cursor: Cursor | None,
    *,
    people: bool,
) -> PageRead:
    """Read the page after the cursor, or the first one."""
    (row,) = await rows(page_statement(spec, query, snapshot, cursor, people=people))
    return PageRead(
        unchanged=row["unchanged"],
        items=row["items"] or "",
        position=orjson.loads(row["position"]) if row["more"] else None,
        total=row["total"],
    )


def page_statement(
    spec: ListSpec[Q], query: Q, snapshot: Snapshot, cursor: Cursor | None, *, people: bool
) -> Statement:
    """Return the statement that reads a page."""
    terms, filters = spec.terms(query), spec.condition(query)
    rest = keyset.after(terms, cursor.after) if cursor else Condition(sql="true", params={})
    parts = spec.parts(query, snapshot, people=people) | {"filters": filters.sql}
    sql = PAGE_SQL.format(
        **parts,
        after=rest.sql,
        order_found=keyset.order_by(terms, "found."),
        order_within=keyset.order_by(keyset.within_a_day(terms), "r."),
        position=keyset.position_sql(terms),
        limit=query.limit,
        total=TOTAL_SQL.format(**parts) if query.count else "NULL",
    )
    own = {"report_type": spec.snapshot.report_type, "revisions": snapshot.revisions}
    return Statement(sql=sql, params=snapshot.params | own | filters.params | rest.params)


def stream_statement(spec: ListSpec[Q], query: Q, snapshot: Snapshot, *, people: bool) -> Statement:
    """Return the statement that selects every row of the filter as a line of CSV or NDJSON."""
    filters, parts = spec.condition(query), spec.parts(query, snapshot, people=people)
    omitted = spec.omitted(query)
    names = [name for name in spec.item.model_fields if name not in omitted]
    is_csv = query.format is ListFormat.CSV
    sql = STREAM_SQL.format(
        **parts,
        filters=filters.sql,
        output=cells("item", names, texts=spec.text_columns) if is_csv else parts["item"],
        order=keyset.order_by(spec.terms(query), "p."),
    )
    return Statement(sql=sql, params=snapshot.params | filters.params)
