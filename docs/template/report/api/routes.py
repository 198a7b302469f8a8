"""The renewals report over HTTP."""

from typing import Annotated

from app.reports.renewals.api.examples import LIST_EXAMPLE
from app.reports.renewals.api.requests import RenewalQuery
from app.reports.renewals.api.responses import RenewalPage, RenewalSummary, RenewalTrend
from app.reports.renewals.list_spec import RENEWAL_SUMMARY, RENEWALS
from fastapi import APIRouter, Query, Request, Response

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.http.dependencies import ShellDep
from app.kit.http.direct_route import ReadRoute
from app.kit.http.problems import answers
from app.published.requests import SummaryQuery, TrendQuery
from app.published.responder import respond_list, respond_summary, respond_trend

router = APIRouter(prefix="/renewals", tags=["renewals"], route_class=ReadRoute)

RenewalReader = Annotated[Key, require(Scope.REPORTS_READ, report_type="renewals")]


@router.get(
    "",
    summary="List who renews soon",
    response_model=RenewalPage,
    responses=answers(404, 409) | LIST_EXAMPLE,
)
async def list_renewals(
    request: Request, query: Annotated[RenewalQuery, Query()], key: RenewalReader, shell: ShellDep
) -> Response:
    """List learners by renewal, the soonest first."""
    return await respond_list(request, shell, key, RENEWALS, query)


@router.get(
    "/summary",
    summary="Sum up a day's renewals",
    response_model=RenewalSummary,
    responses=answers(404, 409),
)
async def get_renewal_summary(
    request: Request, query: Annotated[SummaryQuery, Query()], key: RenewalReader, shell: ShellDep
) -> Response:
    """Count the learners of a day, and those who renew soon."""
    return await respond_summary(request, shell, key, RENEWAL_SUMMARY, query)


@router.get(
    "/trend",
    summary="Sum up the renewals of many days",
    response_model=RenewalTrend,
    responses=answers(404, 409),
)
async def get_renewal_trend(
    request: Request, query: Annotated[TrendQuery, Query()], key: RenewalReader, shell: ShellDep
) -> Response:
    """Count the same for each day, the oldest first; without days, for the last 30."""
    return await respond_trend(request, shell, key, RENEWAL_SUMMARY, query)
