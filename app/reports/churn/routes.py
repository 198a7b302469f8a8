"""The churn report over HTTP: who is about to leave, and why."""

from datetime import date, timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request, Response

from app.access.gate import require
from app.access.scopes import Key, Scope
from app.kit import cursors
from app.kit.cursors import Cursor
from app.kit.days import ONE_DAY, day_of
from app.kit.errors import NotFound
from app.kit.formats import ListFormat, format_of
from app.kit.problems import answers
from app.kit.read_route import ReadRoute
from app.kit.reader import Rows
from app.kit.web import PathId, Shell, ShellDep
from app.reports.churn import examples
from app.reports.churn.asked import (
    DaysAsked,
    HistoryQuery,
    MoversQuery,
    RiskQuery,
    RiskSort,
    SummaryQuery,
    TrendQuery,
)
from app.reports.churn.days import Days
from app.reports.churn.figures import read_movers, read_summary, read_trend
from app.reports.churn.paging import Asked, answer_read, continued, resume
from app.reports.churn.queries import PageRead, read_page
from app.reports.churn.schemas import MoverList, RiskPage, SummaryList, Trend
from app.reports.churn.streaming import answer_stream

HISTORY_DAYS = 90
TREND_DAYS = 30

Q = TypeVar("Q", bound=DaysAsked)

router = APIRouter(prefix="/churn", tags=["churn"], route_class=ReadRoute)

Reader = Annotated[Key, require(Scope.REPORTS_READ, report_type="churn")]


@router.get(
    "/risk",
    summary="List who is at risk",
    response_model=RiskPage,
    responses=answers(404, 409) | examples.LIST,
)
async def list_churn_risk(
    request: Request, query: Annotated[RiskQuery, Query()], key: Reader, shell: ShellDep
) -> Response:
    """List learners by risk: of each academy's newest published day, or of the days asked for.

    The highest score comes first, then the soonest renewal, then the lowest user id. `days` says
    which publication of which day is read. A cursor answers 409 `list_changed` when one of them
    was published anew. `format=csv` and `format=ndjson` (or `Accept`) stream all items.
    """
    query, cursor = resume(query)
    kind = format_of(request, query.format)
    if kind is not ListFormat.JSON:
        if cursor is not None:
            raise cursors.not_streamed()
        return await answer_stream(request, shell, key, query, kind)
    asked = Asked(key=key, query=query, cursor=cursor)

    async def read(rows: Rows, days: Days) -> PageRead:
        return await read_page(rows, query, days, cursor, people=asked.people)

    return await answer_read(request, shell, asked, read)


@router.get(
    "/risk/{user_id}",
    summary="One learner's history",
    response_model=RiskPage,
    responses=answers(404, 409) | examples.HISTORY,
)
async def get_churn_history(
    request: Request,
    user_id: PathId,
    query: Annotated[HistoryQuery, Query()],
    key: Reader,
    shell: ShellDep,
) -> Response:
    """List a learner's days, the newest first, each with the contributions of its signals.

    Without days, the last 90. 404 when the learner has no row in them that the key may see.
    """
    risks, cursor = _history(user_id, query, shell)
    asked = Asked(key=key, query=risks, cursor=cursor)

    async def read(rows: Rows, days: Days) -> PageRead:
        page = await read_page(rows, risks, days, cursor, people=asked.people)
        if not page.items:
            raise _unknown_user(user_id)
        return page

    return await answer_read(request, shell, asked, read)


@router.get(
    "/summary",
    summary="Sum up a day",
    response_model=SummaryList,
    responses=answers(404, 409) | examples.SUMMARY,
)
async def get_churn_summary(
    request: Request, query: Annotated[SummaryQuery, Query()], key: Reader, shell: ShellDep
) -> Response:
    """Count a day's learners by level and by subscription status, with mean score and MRR.

    `alerts` is what the evaluation of the day did and left open; null until it was.
    """

    async def read(rows: Rows, days: Days) -> PageRead:
        return await read_summary(rows, days, query.group)

    return await answer_read(request, shell, Asked(key=key, query=query), read)


@router.get(
    "/trend",
    summary="Sum up each of many days",
    response_model=Trend,
    responses=answers(404, 409) | examples.TREND,
)
async def get_churn_trend(
    request: Request, query: Annotated[TrendQuery, Query()], key: Reader, shell: ShellDep
) -> Response:
    """Give the sums of each day with its alerts, the oldest first; without days, of the last 30."""
    asked = Asked(key=key, query=_recent(query, shell, TREND_DAYS))

    async def read(rows: Rows, days: Days) -> PageRead:
        return await read_trend(rows, days, query.group)

    return await answer_read(request, shell, asked, read)


@router.get(
    "/movers",
    summary="List whose score moved",
    response_model=MoverList,
    responses=answers(404, 409) | examples.MOVERS,
)
async def list_churn_movers(
    request: Request, query: Annotated[MoversQuery, Query()], key: Reader, shell: ShellDep
) -> Response:
    """List whose score rose (or fell) most against some days before, the largest change first.

    409 `scoring_changed` when the score was computed in another way then.
    """
    asked = Asked(key=key, query=query)

    async def read(rows: Rows, days: Days) -> PageRead:
        return await read_movers(rows, days, query, people=asked.people)

    return await answer_read(request, shell, asked, read)


def _history(user_id: int, query: HistoryQuery, shell: Shell) -> tuple[RiskQuery, Cursor | None]:
    rest: dict[str, object] = {"user": user_id, "sort": RiskSort.NEWEST, "details": True}
    rest["limit"] = query.limit
    if query.cursor is not None:
        cursor = cursors.decode(query.cursor)
        return continued(cursor, rest), cursor
    days = _recent(query, shell, HISTORY_DAYS).model_dump(exclude={"limit", "cursor"})
    return RiskQuery.model_validate(days | rest), None


def _recent(query: Q, shell: Shell, most: int) -> Q:
    """Ask for the last days where none are asked for."""
    if query.date is not None or query.date_from is not None:
        return query
    today: date = day_of(shell.clock(), shell.zone)
    ago = today - timedelta(days=most)
    return query.model_copy(update={"date_from": ago, "date_to": today - ONE_DAY})


def _unknown_user(user_id: int) -> NotFound:
    return NotFound(f"There is nothing of learner {user_id} in these days.", code="unknown_user")
