"""Subscriptions over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request

from app.access.gate import require
from app.access.scopes import Key, Scope
from app.kit.problems import answers
from app.kit.secured_route import SecuredRoute
from app.kit.web import SessionDep, ShellDep
from app.sources import uploads
from app.sources.subscriptions.columns import COLUMNS
from app.sources.subscriptions.imports import import_subscriptions
from app.sources.uploads import Written

SUBSCRIPTION = {
    "id": "plan:9",
    "user_id": 4711,
    "academy_id": 1,
    "status": "ACTIVE",
    "plan": "monthly",
    "started_at": "2026-01-07T10:00:00Z",
    "next_payment_at": "2026-04-07T10:00:00Z",
    "mrr": 49.0,
    "currency": "EUR",
    "updated_at": "2026-03-07T10:00:00Z",
}

router = APIRouter(tags=["data"], route_class=SecuredRoute)

Writer = Annotated[Key, require(Scope.DATA_WRITE)]


@router.put(
    "/subscriptions",
    summary="Write subscriptions",
    responses=answers(404, 413, 415),
    openapi_extra=uploads.described(COLUMNS, SUBSCRIPTION),
)
async def put_subscriptions(
    request: Request, key: Writer, session: SessionDep, shell: ShellDep
) -> Written:
    """Write whole subscriptions as they are now, at most 50,000, all or none.

    What changed becomes a version from its `updated_at`. A limited key writes only subscriptions
    of its own academies, whatever others call by the same id, and enrols no learner who is known
    only in others: it could read their name then.
    """
    now = shell.clock()
    upload = await uploads.receive(request, COLUMNS, now)
    if key.academies is not None:
        key.narrow(upload.values("academy_id"))
    write = partial(import_subscriptions, session, now=now, academies=key.academies)
    return await uploads.load(upload, write)
