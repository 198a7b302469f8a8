"""The routes of alerts: list them, act on them, their statistics and their rules."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import Actor, act_on_alert, act_on_alerts
from app.alerts.api import pages, serializers
from app.alerts.api.examples import ALERT_LIST
from app.alerts.api.if_match import IfMatch, get_if_match, set_etag
from app.alerts.api.requests import (
    AlertPatch,
    AlertQuery,
    BulkResolve,
    RuleAsked,
    RulesAsked,
    RulesQuery,
    StatsQuery,
)
from app.alerts.api.responses import (
    AlertDetail,
    AlertPage,
    AlertStatsList,
    AlertVersion,
    BulkResolved,
    RuleShown,
    RulesShown,
)
from app.alerts.outcomes.outcomes import STATS_DAYS, StatsSelection, count_by_type
from app.alerts.registry import alert_source, alert_sources
from app.alerts.rules import store
from app.alerts.rules.rule import Rule
from app.alerts.rules.store import RuleChange
from app.kit.days import ONE_DAY, day_of
from app.kit.errors import Fault, Forbidden, Invalid
from app.kit.http import etags
from app.kit.http.dependencies import PathId, SessionDep, ShellDep
from app.kit.http.formats import ListFormat, format_of
from app.kit.http.problems import answers as problems

router = APIRouter(tags=["alerts"], route_class=etags.TaggedRoute)

AlertReader = Annotated[Key, require(Scope.ALERTS_READ)]
AlertWriter = Annotated[Key, require(Scope.ALERTS_WRITE)]
IfMatchDep = Annotated[IfMatch, Depends(get_if_match)]


@router.get(
    "/alerts",
    summary="List alerts",
    response_model=AlertPage,
    responses=problems(404) | ALERT_LIST,
)
async def list_alerts(
    request: Request,
    response: Response,
    query: Annotated[AlertQuery, Query()],
    key: AlertReader,
    session: SessionDep,
    shell: ShellDep,
) -> AlertPage | Response:
    """List alerts, severest first, then newest; by default those that are open and not snoozed.

    `format=csv` and `format=ndjson` (or `Accept`) stream all alerts. With `group=user`, `total`
    counts learners.
    """
    kind = format_of(request, query.format)
    if kind is not ListFormat.JSON:
        return await pages.answer_stream(request, shell, key, query, kind)
    page, headers = await pages.answer_page(request, session, shell, key, query)
    if page is None:
        return etags.not_modified(headers["ETag"])
    response.headers.update(headers)
    return page


@router.get("/alerts/stats", summary="Sum up alerts", responses=problems(404))
async def get_alert_stats(
    query: Annotated[StatsQuery, Query()], key: AlertReader, session: SessionDep, shell: ShellDep
) -> AlertStatsList:
    """Count how the alerts of some days ended, and how many of the learners left within 30 days.

    `expected` is how many would have left at the rate of all learners of the academy on that day.
    """
    today = day_of(shell.clock(), shell.zone)
    first, last = _stats_days(query, today)
    selection = StatsSelection(first=first, last=last, academies=key.narrow(query.academy))
    items = []
    for report_type in serializers.report_types(key):
        source = alert_source(report_type)
        stats = await count_by_type(session, source, selection, today=today, zone=shell.zone)
        items += serializers.stats_items(stats)
    return AlertStatsList(items=items, date_from=first, date_to=last)


@router.post("/alerts/resolve", summary="Resolve alerts", responses=problems(404, 409, 412))
async def resolve_alerts(
    body: BulkResolve, key: AlertWriter, session: SessionDep, shell: ShellDep
) -> BulkResolved:
    """Resolve at most 500 alerts by hand, all of them or none."""
    versions = {named.id: named.version for named in body.alerts}
    if len(versions) < len(body.alerts):
        fault = Fault(pointer="/alerts", message="an alert is named twice")
        raise Invalid("The alerts cannot be used.", code="named_twice", faults=[fault])
    command = Resolve(action=body.action, action_taken=body.action_taken)
    done = await act_on_alerts(session, versions, [command], _actor(key, body.actor, shell))
    return BulkResolved(items=[AlertVersion(id=one.id, version=one.version) for one in done])


@router.get("/alerts/{alert_id}", summary="One alert with its history", responses=problems(404))
async def get_alert(
    alert_id: PathId, response: Response, key: AlertReader, session: SessionDep, shell: ShellDep
) -> AlertDetail:
    """Return an alert with its history and the learner's score on the last 30 days."""
    detail = await serializers.read_detail(session, alert_id, key, shell.clock())
    set_etag(response, serializers.tag_of(detail))
    return detail


@router.patch("/alerts/{alert_id}", summary="Act on an alert", responses=problems(404, 409, 412))
async def change_alert(
    alert_id: PathId,
    body: AlertPatch,
    key: AlertWriter,
    session: SessionDep,
    shell: ShellDep,
    if_match: IfMatchDep,
) -> AlertDetail:
    """Resolve, acknowledge, snooze, assign, reopen or note on an alert.

    409 names the changes that its status allows; 412 means that it has changed since the `ETag` in
    `If-Match` was read.
    """
    actor = _actor(key, body.actor, shell)
    await act_on_alert(session, alert_id, body.commands(), actor, version=if_match.version)
    detail = await serializers.read_detail(session, alert_id, key, shell.clock())
    if_match.set_etag(serializers.tag_of(detail))
    return detail


@router.get("/alert-rules", summary="The rules of alerts", responses=problems(404))
async def get_alert_rules(
    query: Annotated[RulesQuery, Query()], key: AlertReader, session: SessionDep
) -> RulesShown:
    """Return the rules of an academy, or those of academies without rules of their own."""
    if query.academy is not None:
        key.narrow([query.academy])
    return await _rules(session, query.academy, serializers.report_types(key))


@router.put("/alert-rules", summary="Change the rules of alerts", responses=problems(404))
async def put_alert_rules(
    body: RulesAsked, key: AlertWriter, session: SessionDep, shell: ShellDep
) -> RulesShown:
    """Change rules of an academy, or of all academies; each change is a new version.

    Alerts that open from then on have that version. Only a key for all academies may change the
    rules of all academies.
    """
    if body.academy is not None:
        key.narrow([body.academy])
    elif key.academies is not None:
        raise Forbidden("The key is limited to academies; name one.", code="needs_academy")
    for kind, rules in body.reports.items():
        key.check_report(kind)
        change = RuleChange(
            academy_id=body.academy,
            rules={name: _rule(rule) for name, rule in rules.items()},
            changed_by=body.actor or key.name,
            now=shell.clock(),
        )
        await store.change_rules(session, alert_source(kind), change)
    return await _rules(session, body.academy, serializers.report_types(key))


def _stats_days(query: StatsQuery, today: date) -> tuple[date, date]:
    last = query.date_to or today - ONE_DAY
    first = query.date_from or last - timedelta(days=STATS_DAYS - 1)
    if first > last:
        fault = Fault(pointer="/query/from", message="from is after to")
        raise Invalid("The days cannot be used.", code="invalid_days", faults=[fault])
    return first, last


def _actor(key: Key, actor: str | None, shell: ShellDep) -> Actor:
    return Actor(
        who=actor or key.name,
        now=shell.clock(),
        academies=key.narrow(None),
        report_types=serializers.report_types(key),
    )


async def _rules(session: SessionDep, academy: int | None, kinds: list[str]) -> RulesShown:
    shown: dict[str, dict[str, RuleShown]] = {}
    for kind in kinds:
        rules = await store.effective_rules(session, alert_sources()[kind], academy)
        shown[kind] = {
            name: RuleShown.model_validate(rule, from_attributes=True)
            for name, rule in rules.items()
        }
    return RulesShown(academy=academy, reports=shown)


def _rule(body: RuleAsked | None) -> Rule | None:
    return None if body is None else Rule(**body.model_dump())
