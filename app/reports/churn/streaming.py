"""All risks of a filter at once, as CSV or NDJSON, from one state of the database."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from fastapi import Request, Response

from app.kit import etags
from app.kit.streams import CSV, LINES, CopyAnswer, Sink, copy_out, snapshot
from app.kit.web import Shell
from app.reports.churn.asked import ListFormat, RiskQuery
from app.reports.churn.days import find_days
from app.reports.churn.paging import Asked
from app.reports.churn.queries import stream_statement

TYPES = {ListFormat.CSV: "text/csv; charset=utf-8", ListFormat.NDJSON: "application/x-ndjson"}
ACCEPTED = {"text/csv": ListFormat.CSV, "application/x-ndjson": ListFormat.NDJSON}


def format_of(request: Request, given: ListFormat | None) -> ListFormat:
    """Return the format asked for: by the parameter, else by `Accept`, else JSON."""
    if given is not None:
        return given
    header = request.headers.get("accept", "")
    accepted = [kind.partition(";")[0].strip() for kind in header.split(",")]
    found = (ACCEPTED[kind] for kind in accepted if kind in ACCEPTED)
    return ListFormat.JSON if "application/json" in accepted else next(found, ListFormat.JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Asked):
    """A question whose answer is all rows of the filter, in a format other than JSON."""

    query: RiskQuery


async def answer_stream(request: Request, shell: Shell, asked: Stream) -> Response:
    """Answer every row of the filter, whatever is published meanwhile."""
    opening = AsyncExitStack()
    try:
        return await _answer(request, shell, asked, opening)
    finally:
        await opening.aclose()


async def _answer(
    request: Request, shell: Shell, asked: Stream, opening: AsyncExitStack
) -> Response:
    """Open the snapshot and hand it over to the answer, which closes it at its end."""
    connection = await opening.enter_async_context(snapshot(shell.database))
    days = await find_days(connection, asked.query, asked.academies)
    etag = asked.etag(days, shell)
    if etags.is_known(request, etag):
        return etags.not_modified(etag)
    is_csv = asked.query.format is ListFormat.CSV
    statement = stream_statement(asked.query, days, people=asked.people)

    async def copy(sink: Sink) -> int:
        return await copy_out(connection, statement, sink, CSV if is_csv else LINES)

    return CopyAnswer(
        copy,
        opening.pop_all(),
        media_type=TYPES[ListFormat.CSV if is_csv else ListFormat.NDJSON],
        headers=etags.headers_of(etag),
        last_line=None if is_csv else _count,
    )


def _count(rows: int) -> bytes:
    """Write the last line of NDJSON, by which a reader knows that he has it all."""
    return b'{"rows": %d}\n' % rows
