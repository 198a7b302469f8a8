"""Pages of lists, and answers that show a run."""

from typing import TypeVar

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.scopes import Key
from app.kit.http import cursors
from app.kit.http.cursors import Cursor, Position, filters_of
from app.runs.api import queries
from app.runs.api.requests import Paged
from app.runs.api.responses import RunShown
from app.runs.execution.completion import Made
from app.runs.models import Run
from app.runs.registry import report_named

Paging = TypeVar("Paging", bound=Paged)


def check_report(report_type: str, key: Key) -> None:
    """Raise `NotFound` for a report that does not exist, `Forbidden` for one of other keys."""
    report_named(report_type)
    key.check_report(report_type)


def resumed(query: Paging) -> tuple[Paging, Position | None]:
    """Take up the filters of the cursor, if there is one; raise `Invalid` if they are others."""
    query, cursor = cursors.resume(query, query.cursor)
    return query, cursor.after if cursor else None


def link(request: Request, response: Response, query: Paged, last: Position | None) -> str | None:
    """Return the cursor behind the last item of a page that has a next one, and link to that."""
    if last is None:
        return None
    cursor = Cursor(filters=filters_of(query), digest="", after=last).encode()
    response.headers["Link"] = cursors.next_link(request, cursor)
    return cursor


def with_total(response: Response, total: int | None) -> int | None:
    """Tell the total in a header, too, where it was asked for."""
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
    return total


async def shown(session: AsyncSession, run: Run) -> RunShown:
    """Show a run with its days counted."""
    days = await queries.counted_days(session, [run.id])
    return RunShown.of(run, days.get(run.id, {}))


async def respond_run(session: AsyncSession, response: Response, made: Made) -> RunShown:
    """Answer a run that was asked for, and where to watch it."""
    run, response.status_code = made
    response.headers["Location"] = f"/reports/runs/{run.id}"
    return await shown(session, run)
