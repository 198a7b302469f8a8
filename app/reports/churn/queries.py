"""What a list of risks asks the database: a page at a time, or all of it as a stream."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from app.kit.cursors import Cursor, Position
from app.kit.formats import ListFormat, cells
from app.kit.json_sql import object_of
from app.kit.reader import Rows
from app.kit.statements import Statement
from app.reports.churn import order
from app.reports.churn.asked import RiskQuery
from app.reports.churn.days import Days
from app.reports.churn.filters import condition, following, literal
from app.reports.churn.schemas import Risk

HERE = Path(__file__).parent
PAGE_SQL = (HERE / "page.sql").read_text("utf-8")
STREAM_SQL = (HERE / "stream.sql").read_text("utf-8")
TOTAL_SQL = (HERE / "total.sql").read_text("utf-8")
COLUMNS_SQL = (HERE / "risk_columns.sql").read_text("utf-8")
JOINS_SQL = (HERE / "risk_joins.sql").read_text("utf-8")
DETAILS_SQL = ", churn_details(p.row) AS details"
NO_DETAILS = frozenset({"details"})
TEXT_COLUMNS = ("email", "full_name", "main_reason_text", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """A page as the database wrote it: `items` are JSON objects with commas between them."""

    unchanged: bool
    items: str
    position: Position | None
    total: int | None


async def read_page(
    rows: Rows,
    query: RiskQuery,
    days: Days,
    cursor: Cursor | None,
    *,
    people: bool,
) -> PageRead:
    """Read the page after the cursor; `unchanged` says that it is made of exactly these days."""
    (row,) = await rows(page_statement(query, days, cursor, people=people))
    return PageRead(
        unchanged=row["unchanged"],
        items=row["items"] or "",
        position=orjson.loads(row["position"]) if row["more"] else None,
        total=row["total"],
    )


def page_statement(
    query: RiskQuery, days: Days, cursor: Cursor | None, *, people: bool
) -> Statement:
    """Write the one statement of a page."""
    terms, asked, rest = order.terms_of(query.sort), condition(query), following(query, cursor)
    parts = _parts(query, days, people=people) | {"filters": asked.sql}
    sql = PAGE_SQL.format(
        **parts,
        after=rest.sql,
        order_found=order.order_by(terms, "found."),
        order_within=order.order_by(order.within_a_day(terms), "r."),
        position=order.position(terms),
        limit=query.limit,
        total=TOTAL_SQL.format(**parts) if query.count else "NULL",
    )
    params = days.params | {"revisions": days.revisions} | asked.params | rest.params
    return Statement(sql=sql, params=params)


def stream_statement(query: RiskQuery, days: Days, *, people: bool) -> Statement:
    """Write the statement that selects every row of the filter, as lines of a format."""
    asked, parts = condition(query), _parts(query, days, people=people)
    csv = query.format is ListFormat.CSV
    sql = STREAM_SQL.format(
        **parts,
        filters=asked.sql,
        output=_cells(details=query.details) if csv else parts["item"],
        order=order.order_by(order.terms_of(query.sort), "p."),
    )
    return Statement(sql=sql, params=days.params | asked.params)


def joins(days: Days, *, people: bool) -> str:
    """Write what is joined to the rows: earlier scores, and names for those who may see them."""
    first, last = literal(days.first), literal(days.last)
    return JOINS_SQL.format(first=first, last=last, people="true" if people else "false")


def _parts(query: RiskQuery, days: Days, *, people: bool) -> dict[str, str]:
    return {
        "first": literal(days.first),
        "last": literal(days.last),
        "joins": joins(days, people=people),
        "whole": "r AS row," if query.details else "",
        "columns": COLUMNS_SQL + (DETAILS_SQL if query.details else ""),
        "item": object_of(Risk, "risk", without=frozenset() if query.details else NO_DETAILS),
    }


def _cells(*, details: bool) -> str:
    """Name the columns of a CSV."""
    names = [name for name in Risk.model_fields if details or name != "details"]
    return cells("risk", names, texts=TEXT_COLUMNS)
