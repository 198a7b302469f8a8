"""Subscriptions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request
from sqlmodel import col, select

from app.access.gate import require
from app.access.scopes import Key, Scope
from app.kit.problems import answers
from app.kit.web import SessionDep, ShellDep
from app.sources import uploads
from app.sources.subscriptions.columns import COLUMNS
from app.sources.subscriptions.imports import import_subscriptions
from app.sources.subscriptions.models import Subscription
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

router = APIRouter(tags=["data"])

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
    that are, and were, of its own academies.
    """
    uploaded = await uploads.receive(request, COLUMNS)
    if key.academies is not None:
        key.narrow(uploaded.values("academy_id"))
        ids = [str(row.get("id")) for row in uploaded.rows]
        elsewhere = select(Subscription.id).where(
            col(Subscription.id).in_(ids), col(Subscription.academy_id).not_in(key.academies)
        )
        others = frozenset[object]((await session.exec(elsewhere.with_for_update())).all())
        uploaded.refuse("id", others, "there is no such subscription")
    now = shell.clock()
    return await uploads.load(
        uploaded, COLUMNS, now, lambda rows: import_subscriptions(session, rows, now=now)
    )
