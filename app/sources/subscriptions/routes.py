"""Subscriptions over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.http.dependencies import SessionDep, ShellDep
from app.kit.http.problems import answers
from app.kit.http.secured_route import SecuredRoute
from app.sources.imports import http_upload
from app.sources.imports.http_upload import Written
from app.sources.subscriptions.columns import SUBSCRIPTION_COLUMNS
from app.sources.subscriptions.imports import import_subscriptions

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

SubscriptionWriter = Annotated[Key, require(Scope.DATA_WRITE)]


@router.put(
    "/subscriptions",
    summary="Write subscriptions",
    responses=answers(404, 413, 415),
    openapi_extra=http_upload.described(SUBSCRIPTION_COLUMNS, SUBSCRIPTION),
)
async def put_subscriptions(
    request: Request, key: SubscriptionWriter, session: SessionDep, shell: ShellDep
) -> Written:
    """Write whole subscriptions as they are now, at most 50,000, all or none.

    What changed becomes a version from its `updated_at`. A limited key writes only subscriptions
    of its own academies, whatever others call by the same id, and enrols no learner who is known
    only in others: it could read their name then.
    """
    now = shell.clock()
    upload = await http_upload.receive(request, SUBSCRIPTION_COLUMNS, now)
    if key.academies is not None:
        key.narrow(upload.values("academy_id"))
    write = partial(import_subscriptions, session, now=now, academies=key.academies)
    return await http_upload.load_upload(upload, write)
