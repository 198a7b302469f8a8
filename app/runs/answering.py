"""Pages of lists, and answers that show a run."""

from typing import TypeVar

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.scopes import Key
from app.kit import cursors
from app.kit.cursors import Cursor, Position, filters_of
from app.runs import reading
from app.runs.asked import Paged
from app.runs.asking import Made
from app.runs.models import Run
from app.runs.registry import report_named
from app.runs.schemas import RunShown

Q = TypeVar("Q", bound=Paged)


def check_report(report_type: str, key: Key) -> None:
    """Raise `NotFound` for a report that does not exist, `Forbidden` for one of other keys."""
    report_named(report_type)
    key.check_report(report_type)


def resumed(query: Q) -> tuple[Q, Position | None]:
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


def counted(response: Response, total: int | None) -> int | None:
    """Tell the total in a header, too, where it was asked for."""
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
    return total


async def shown(session: AsyncSession, run: Run) -> RunShown:
    """Show a run with its days counted."""
    days = await reading.counted_days(session, [run.id])
    return RunShown.of(run, days.get(run.id, {}))


async def answer(session: AsyncSession, response: Response, made: Made) -> RunShown:
    """Answer a run that was asked for, and where to watch it."""
    run, response.status_code = made
    response.headers["Location"] = f"/reports/runs/{run.id}"
    return await shown(session, run)
