"""Subscriptions over HTTP."""

from collections.abc import Collection, Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy import BigInteger, Text
from sqlmodel import col, func, not_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.db.engine import among
from app.kit.http.dependencies import SessionDep, ShellDep
from app.kit.http.problems import answers
from app.kit.http.secured_route import SecuredRoute
from app.sources.imports import http_upload
from app.sources.imports.http_upload import Written
from app.sources.subscriptions.columns import SUBSCRIPTION_COLUMNS
from app.sources.subscriptions.imports import import_subscriptions
from app.sources.subscriptions.models import Subscription

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
    that are, and were, of its own academies, and enrols no learner who is known only in others:
    it could read their name then.
    """
    uploaded = await http_upload.receive(request, SUBSCRIPTION_COLUMNS)
    if key.academies is not None:
        key.narrow(uploaded.values("academy_id"))
        ids = [str(row.get("id")) for row in uploaded.rows]
        elsewhere = select(Subscription.id).where(
            among(col(Subscription.id), ids, Text),
            col(Subscription.academy_id).not_in(key.academies),
        )
        others = frozenset[object]((await session.exec(elsewhere.with_for_update())).all())
        uploaded.refuse("id", others, "there is no such subscription")
        strangers = await _known_only_elsewhere(session, uploaded.values("user_id"), key.academies)
        uploaded.refuse("user_id", strangers, "only a key of all academies enrols this learner")
    now = shell.clock()
    return await http_upload.load_upload(
        uploaded,
        SUBSCRIPTION_COLUMNS,
        now,
        lambda rows: import_subscriptions(session, rows, now=now),
    )


async def _known_only_elsewhere(
    session: AsyncSession, users: Sequence[int], academies: Collection[int]
) -> frozenset[object]:
    """Return those of `users` who have subscriptions, but none in `academies`."""
    is_own = func.bool_or(col(Subscription.academy_id).in_(academies))
    statement = (
        select(Subscription.user_id)
        .where(among(col(Subscription.user_id), users, BigInteger))
        .group_by(col(Subscription.user_id))
        .having(not_(is_own))
    )
    return frozenset((await session.exec(statement)).all())
