"""All risks of a filter at once, as CSV or NDJSON, from one state of the database."""

from fastapi import Request, Response

from app.access.scopes import Key
from app.kit.formats import ListFormat
from app.kit.reader import Rows
from app.kit.streams import Whole, answer_whole
from app.kit.web import Shell
from app.reports.churn.asked import RiskQuery
from app.reports.churn.days import find_days
from app.reports.churn.paging import Asked
from app.reports.churn.queries import stream_statement


async def answer_stream(
    request: Request, shell: Shell, key: Key, query: RiskQuery, kind: ListFormat
) -> Response:
    """Answer every row of the filter, whatever is published meanwhile."""
    formatted = query.model_copy(update={"format": kind})
    asked = Asked(key=key, query=formatted)

    async def read(rows: Rows) -> Whole:
        days = await find_days(rows, formatted, asked.academies)
        statement = stream_statement(formatted, days, people=asked.people)
        return Whole(etag=asked.etag(days, shell), statement=statement)

    return await answer_whole(request, shell.database, kind, read)
