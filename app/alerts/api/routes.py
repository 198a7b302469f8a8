"""Alerts over HTTP: work through them, say what was done, see what they foretold."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.alerts.actions.commands import Resolve
from app.alerts.actions.handler import Actor, act, act_on_all
from app.alerts.api import pages, serializers
from app.alerts.api.examples import ALERT_LIST
from app.alerts.api.requests import (
    AlertPatch,
    AlertQuery,
    BulkResolve,
    RuleAsked,
    RulesAsked,
    RulesQuery,
    StatsQuery,
    Tag,
    get_tag,
    tag,
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
from app.alerts.outcomes.outcomes import Asking, stats
from app.alerts.registry import alerting_reports, alerts_of
from app.alerts.rules import store
from app.alerts.rules.rule import Rule
from app.alerts.rules.store import Change
from app.kit.days import ONE_DAY, day_of
from app.kit.errors import Fault, Forbidden, Invalid
from app.kit.http import etags
from app.kit.http.dependencies import PathId, SessionDep, ShellDep
from app.kit.http.formats import ListFormat, format_of
from app.kit.http.problems import answers as problems

STATS_DAYS = 90

router = APIRouter(tags=["alerts"], route_class=etags.TaggedRoute)

AlertReader = Annotated[Key, require(Scope.ALERTS_READ)]
AlertWriter = Annotated[Key, require(Scope.ALERTS_WRITE)]
TagDep = Annotated[Tag, Depends(get_tag)]


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
    """List alerts, severest first, then newest; by default those open and awake.

    `format=csv` and `format=ndjson` (or `Accept`) stream all of them. With `group=user`, `total`
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
    """Say how the alerts of some days ended, and how many of the learners left within 30 days.

    `expected` is how many would have, had they been like everybody in their academy on that day.
    """
    today = day_of(shell.clock(), shell.zone)
    first, last = _stats_days(query, today)
    academies, items = key.narrow(query.academy), []
    for kind in serializers.report_types(key):
        asking = Asking(report_type=kind, first=first, last=last, academies=academies)
        items += serializers.stats_items(await stats(session, asking, today=today, zone=shell.zone))
    return AlertStatsList(items=items, date_from=first, date_to=last)


@router.post("/alerts/resolve", summary="Resolve alerts", responses=problems(404, 409, 412))
async def resolve_alerts(
    asked: BulkResolve, key: AlertWriter, session: SessionDep, shell: ShellDep
) -> BulkResolved:
    """Resolve at most 500 alerts by hand, all of them or none."""
    versions = {named.id: named.version for named in asked.alerts}
    if len(versions) < len(asked.alerts):
        fault = Fault(pointer="/alerts", message="an alert is named twice")
        raise Invalid("The alerts cannot be used.", code="named_twice", faults=[fault])
    deed = Resolve(action=asked.action, action_taken=asked.action_taken)
    done = await act_on_all(session, versions, [deed], _actor(key, asked.actor, shell))
    return BulkResolved(items=[AlertVersion(id=one.id, version=one.version) for one in done])


@router.get("/alerts/{alert_id}", summary="One alert with its history", responses=problems(404))
async def get_alert(
    alert_id: PathId, response: Response, key: AlertReader, session: SessionDep, shell: ShellDep
) -> AlertDetail:
    """Answer an alert with its history and the learner's score of the last 30 days."""
    detail = await serializers.detail(session, alert_id, key, shell.clock())
    tag(response, serializers.tag_of(detail))
    return detail


@router.patch("/alerts/{alert_id}", summary="Act on an alert", responses=problems(404, 409, 412))
async def change_alert(
    alert_id: PathId,
    asked: AlertPatch,
    key: AlertWriter,
    session: SessionDep,
    shell: ShellDep,
    tagged: TagDep,
) -> AlertDetail:
    """Resolve, acknowledge, snooze, assign, reopen or note on an alert.

    409 names what can be done to it as it stands; 412 when it changed since the `ETag` of
    `If-Match` was read.
    """
    actor = _actor(key, asked.actor, shell)
    await act(session, alert_id, asked.deeds(), actor, version=tagged.version)
    detail = await serializers.detail(session, alert_id, key, shell.clock())
    tagged.answer(serializers.tag_of(detail))
    return detail


@router.get("/alert-rules", summary="The rules of alerts", responses=problems(404))
async def get_alert_rules(
    query: Annotated[RulesQuery, Query()], key: AlertReader, session: SessionDep
) -> RulesShown:
    """Answer the rules that count in an academy, or where an academy has none of its own."""
    if query.academy is not None:
        key.narrow([query.academy])
    return await _rules(session, query.academy, serializers.report_types(key))


@router.put("/alert-rules", summary="Change the rules of alerts", responses=problems(404))
async def put_alert_rules(
    asked: RulesAsked, key: AlertWriter, session: SessionDep, shell: ShellDep
) -> RulesShown:
    """Change rules of an academy, or of all; each change is a new version.

    What opens from then on bears the version. Only a key for all academies changes those of all.
    """
    if asked.academy is not None:
        key.narrow([asked.academy])
    elif key.academies is not None:
        raise Forbidden("The key is limited to academies; name one.", code="needs_academy")
    for kind, rules in asked.reports.items():
        key.check_report(kind)
        change = Change(
            academy_id=asked.academy,
            rules={name: _rule(rule) for name, rule in rules.items()},
            changed_by=asked.actor or key.name,
            now=shell.clock(),
        )
        await store.change(session, alerts_of(kind), change)
    return await _rules(session, asked.academy, serializers.report_types(key))


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
        rules = await store.effective(session, alerting_reports()[kind], academy)
        shown[kind] = {
            name: RuleShown.model_validate(rule, from_attributes=True)
            for name, rule in rules.items()
        }
    return RulesShown(academy=academy, reports=shown)


def _rule(asked: RuleAsked | None) -> Rule | None:
    return None if asked is None else Rule(**asked.model_dump())
