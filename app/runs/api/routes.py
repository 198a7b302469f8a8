"""Reports and their runs over HTTP: what there is, where it stands, and asking for more."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.errors import Conflict
from app.kit.http.cursors import Position
from app.kit.http.etags import TaggedRoute
from app.kit.http.problems import answers
from app.kit.values import Name, Text
from app.runs import store
from app.runs.api import queries
from app.runs.api.dependencies import OpenedDep
from app.runs.api.pagination import (
    check_report,
    link,
    respond_run,
    resumed,
    shown,
    with_total,
)
from app.runs.api.requests import (
    LedgerQuery,
    PlanAsked,
    RunAsked,
    RunsQuery,
)
from app.runs.api.responses import (
    LedgerDayShown,
    LedgerList,
    PlanShown,
    ReportList,
    ReportShown,
    RunDetail,
    RunList,
    RunShown,
)
from app.runs.execution import completion
from app.runs.execution.creation import check_academies
from app.runs.execution.idempotency import Repeatable
from app.runs.execution.planner import plan
from app.runs.models import RunStatus
from app.runs.registry import reports
from app.runs.store import ACTIVE
from app.sources.warehouse.budget import cost_usd

router = APIRouter(prefix="/reports", tags=["reports"], route_class=TaggedRoute)

RunReader = Annotated[Key, require(Scope.REPORTS_READ)]
Runner = Annotated[Key, require(Scope.REPORTS_RUN)]
IdempotencyKey = Annotated[
    Name | None,
    Header(
        alias="Idempotency-Key",
        description="The same request with the same key gets the same answer for 24 hours.",
    ),
]


@router.get("", summary="List the report types")
async def list_reports(key: RunReader, opened: OpenedDep) -> ReportList:
    """List the reports that the key may see, each with what is held or failed, and why."""
    session, items = opened.session, []
    for report_type, report in reports().items():
        if key.report_types is not None and report_type not in key.report_types:
            continue
        pending = await queries.unpublished(session, report_type, key, opened.today)
        item = ReportShown(
            type=report_type,
            title=report.title,
            fields=report.tables[0].table.columns.keys(),
            filters=list(report.filters),
            sort_keys=list(report.sort_keys),
            schedule=opened.settings.schedule,
            newest_published_day=await queries.newest_readable_day(session, report_type, key),
            unpublished=[LedgerDayShown.of(row) for row in pending],
        )
        items.append(item)
    return ReportList(items=items, timezone=opened.timezone)


@router.get("/runs", summary="List the runs", responses=answers(404))
async def list_runs(
    request: Request,
    response: Response,
    query: Annotated[RunsQuery, Query()],
    key: RunReader,
    opened: OpenedDep,
) -> RunList:
    """List runs, the newest first; a key limited to academies sees those of its academies alone."""
    query, after = resumed(query)
    found = await queries.runs_page(opened.session, query, key, after)
    page = found[: query.limit]
    days = await queries.counted_days(opened.session, [run.id for run in page])
    last: Position = [page[-1].created_at.isoformat(), str(page[-1].id)] if page else []
    total = await queries.total(opened.session, query, queries.runs_asked(query, key))
    return RunList(
        total=with_total(response, total),
        items=[RunShown.of(run, days.get(run.id, {})) for run in page],
        next_cursor=link(request, response, query, last if len(found) > len(page) else None),
        timezone=opened.timezone,
    )


@router.get("/runs/{run_id}", summary="Watch a run", responses=answers(404))
async def get_run(run_id: UUID, key: RunReader, opened: OpenedDep) -> RunDetail:
    """Answer a run with what became of each of its days, and what a dry run found."""
    run = await queries.visible_run(opened.session, run_id, key)
    rows = await store.days_of(opened.session, run_id)
    return RunDetail.of(await shown(opened.session, run), rows)


@router.post("/runs/{run_id}/cancel", summary="Cancel a run", responses=answers(404, 409))
async def cancel_run(run_id: UUID, key: Runner, opened: OpenedDep) -> RunShown:
    """Stop a run before its next day, whoever works on it; what is published stays.

    409 `run_ended` when it has ended otherwise.
    """
    await queries.visible_run(opened.session, run_id, key)
    run = await store.request_cancel(opened.session, run_id, opened.now)
    if run.status not in (*ACTIVE, RunStatus.CANCELLED):
        raise Conflict(f"The run has ended: it is {run.status}.", code="run_ended")
    return await shown(opened.session, run)


@router.post(
    "/runs/{run_id}/retry",
    status_code=202,
    summary="Run again what failed",
    responses=answers(404, 409) | {200: {"model": RunShown, "description": "It is at work."}},
)
async def retry_run(run_id: UUID, response: Response, key: Runner, opened: OpenedDep) -> RunShown:
    """Make a new run of the days that failed, were held or were cancelled.

    409 `run_active` while it is at work, `nothing_to_retry` when every day came through.
    """
    run = await queries.visible_run(opened.session, run_id, key)
    if run.force:
        key.check(Scope.ADMIN)
    made = await completion.retry(opened.session, run, key.name, opened.now)
    return await respond_run(opened.session, response, made)


@router.get("/{report_type}/days", summary="Where each day stands", responses=answers(404))
async def list_report_days(
    report_type: Text,
    request: Request,
    response: Response,
    query: Annotated[LedgerQuery, Query()],
    key: RunReader,
    opened: OpenedDep,
) -> LedgerList:
    """List a report's days, the newest first; one that is not in the list is missing.

    A row without academy is the day as a whole; keys limited to academies do not see it.
    """
    check_report(report_type, key)
    query, after = resumed(query)
    found = await queries.ledger_page(opened.session, report_type, query, key, after)
    page = found[: query.limit]
    last: Position = [str(page[-1].report_date), page[-1].academy_id] if page else []
    asked = queries.ledger_asked(report_type, query, key)
    return LedgerList(
        total=with_total(response, await queries.total(opened.session, query, asked)),
        items=[LedgerDayShown.of(row) for row in page],
        next_cursor=link(request, response, query, last if len(found) > len(page) else None),
        timezone=opened.timezone,
    )


@router.post(
    "/{report_type}/run",
    status_code=202,
    summary="Run a report",
    responses=answers(404)
    | {200: {"model": RunShown, "description": "An identical run is at work."}},
)
async def run_report(
    report_type: Text,
    response: Response,
    key: Runner,
    opened: OpenedDep,
    asked: RunAsked | None = None,
    idempotency_key: IdempotencyKey = None,
) -> RunShown:
    """Make a run, of yesterday unless days are named; watch it where `Location` says.

    An identical run that is still at work is answered instead, with 200.
    """
    asked = asked or RunAsked()
    check_report(report_type, key)
    if asked.force:
        key.check(Scope.ADMIN)
    academies = key.narrow(asked.academy)
    request = asked.request(report_type, opened.today, academies)
    await check_academies(opened.sources, asked.academy)
    repeatable = idempotency_key and Repeatable(
        key_id=key.id,
        route=f"run/{report_type}",
        idempotency_key=idempotency_key,
        body=asked.model_dump_json(),
    )
    made = await completion.ask_once(
        opened.session, request, key.name, repeatable or None, now=opened.now
    )
    return await respond_run(opened.session, response, made)


@router.post("/{report_type}/plan", summary="Plan a run", responses=answers(404, 503))
async def plan_report(
    report_type: Text,
    key: Runner,
    opened: OpenedDep,
    asked: PlanAsked | None = None,
) -> PlanShown:
    """Say which days a run would have, and what the warehouse says that it would read and cost."""
    asked = asked or PlanAsked()
    check_report(report_type, key)
    academies = key.narrow(asked.academy)
    request = asked.request(report_type, opened.today, academies)
    await check_academies(opened.sources, asked.academy)
    found = await plan(request, opened.sources)
    usd = round(cost_usd(found.bytes_processed, opened.settings.price_per_tib), 2)
    return PlanShown(
        days=list(found.days),
        scans=len(found.chunks),
        states=found.states,
        bytes_processed=found.bytes_processed,
        usd=usd if opened.settings.warehouse.startswith("bigquery:") else None,
    )
