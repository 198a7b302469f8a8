"""The churn report over HTTP: who is about to leave, and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.db.read_pool import Rows
from app.kit.http.dependencies import PathId, ShellDep
from app.kit.http.direct_route import ReadRoute
from app.kit.http.problems import answers
from app.published.list_spec import PageRead
from app.published.requests import HistoryQuery, SummaryQuery, TrendQuery
from app.published.responder import (
    ReadRequest,
    respond,
    respond_history,
    respond_list,
    respond_summary,
    respond_trend,
)
from app.published.snapshot import Snapshot
from app.reports.churn.api import examples
from app.reports.churn.api.requests import MoversQuery, RiskQuery, RiskSort
from app.reports.churn.api.responses import (
    MoverList,
    RiskPage,
    SummaryList,
    Trend,
)
from app.reports.churn.list_spec import RISKS
from app.reports.churn.summary_queries import CHURN_SUMMARY, movers_snapshot, read_movers

router = APIRouter(prefix="/churn", tags=["churn"], route_class=ReadRoute)

ChurnReader = Annotated[Key, require(Scope.REPORTS_READ, report_type="churn")]


@router.get(
    "/risk",
    summary="List who is at risk",
    response_model=RiskPage,
    responses=answers(404, 409) | examples.LIST_EXAMPLE,
)
async def list_churn_risk(
    request: Request, query: Annotated[RiskQuery, Query()], key: ChurnReader, shell: ShellDep
) -> Response:
    """List learners by risk: of each academy's newest published day, or of the days asked for.

    The highest score comes first, then the soonest renewal, then the lowest user id. `days` says
    which publication of which day is read. A cursor answers 409 `list_changed` when one of them
    was published anew. `format=csv` and `format=ndjson` (or `Accept`) stream all items.
    """
    return await respond_list(request, shell, key, RISKS, query)


@router.get(
    "/risk/{user_id}",
    summary="One learner's history",
    response_model=RiskPage,
    responses=answers(404, 409) | examples.HISTORY_EXAMPLE,
)
async def get_churn_history(
    request: Request,
    user_id: PathId,
    query: Annotated[HistoryQuery, Query()],
    key: ChurnReader,
    shell: ShellDep,
) -> Response:
    """List a learner's days, the newest first, each with the contributions of its signals.

    Without days, the last 90. 404 when the learner has no row in them that the key may see.
    """
    fixed = {"user": user_id, "sort": RiskSort.NEWEST, "details": True}
    return await respond_history(request, shell, key, RISKS, query, fixed)


@router.get(
    "/summary",
    summary="Sum up a day",
    response_model=SummaryList,
    responses=answers(404, 409) | examples.SUMMARY_EXAMPLE,
)
async def get_churn_summary(
    request: Request, query: Annotated[SummaryQuery, Query()], key: ChurnReader, shell: ShellDep
) -> Response:
    """Count a day's learners by level and by subscription status, with mean score and MRR.

    `alerts` is what the evaluation of the day did and left open; null until it was.
    """
    return await respond_summary(request, shell, key, CHURN_SUMMARY, query)


@router.get(
    "/trend",
    summary="Sum up each of many days",
    response_model=Trend,
    responses=answers(404, 409) | examples.TREND_EXAMPLE,
)
async def get_churn_trend(
    request: Request, query: Annotated[TrendQuery, Query()], key: ChurnReader, shell: ShellDep
) -> Response:
    """Give the sums of each day with its alerts, the oldest first; without days, of the last 30."""
    return await respond_trend(request, shell, key, CHURN_SUMMARY, query)


@router.get(
    "/movers",
    summary="List whose score moved",
    response_model=MoverList,
    responses=answers(404, 409) | examples.MOVERS_EXAMPLE,
)
async def list_churn_movers(
    request: Request, query: Annotated[MoversQuery, Query()], key: ChurnReader, shell: ShellDep
) -> Response:
    """List whose score rose (or fell) most against some days before, the largest change first.

    409 `scoring_changed` when the score was computed in another way then.
    """
    asked = ReadRequest(key=key, spec=movers_snapshot(query), query=query)

    async def read(rows: Rows, snapshot: Snapshot) -> PageRead:
        return await read_movers(rows, snapshot, query, people=asked.people)

    return await respond(request, shell, asked, read)
