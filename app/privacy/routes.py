"""The route that erases a person."""

from asyncio import to_thread
from typing import Annotated

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from app.access.authentication import require
from app.access.scopes import Key, Scope
from app.kit.errors import Forbidden
from app.kit.http.dependencies import PathId, ShellDep
from app.kit.http.secured_route import SecuredRoute
from app.privacy.erasure import erase
from app.sources.sources import Sources
from app.sources.warehouse.temp_dirs import remove_leftovers

log = structlog.get_logger()

router = APIRouter(tags=["data"], route_class=SecuredRoute)

Eraser = Annotated[Key, require(Scope.PEOPLE_ERASE)]


class Erased(BaseModel):
    """How many rows were deleted, by table."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"deleted": {"users": 1, "subscriptions": 2, "activity": 90}}]
        }
    )

    deleted: dict[str, int]


@router.delete("/users/{user_id}", summary="Erase a person")
async def erase_user(user_id: PathId, key: Eraser, request: Request, shell: ShellDep) -> Erased:
    """Delete everything stored about a person; a hash of the id is kept, so that imports skip it.

    Needs a key that is not limited to some academies. Repeating the request changes nothing. Daily
    sums stay as published, except those of the last two weeks, which the next scheduled run
    computes again. `activity` counts rows of the lake; it is absent when activity is in BigQuery.
    """
    if key.academies is not None:
        raise Forbidden("Only a key of all academies erases a person.", code="limited_key")
    sources: Sources = request.app.state.sources
    async with sources.database.transaction() as session:
        deleted = await erase(session, sources.warehouse, user_id, shell.clock())
    await sources.warehouse.tidy()
    await to_thread(remove_leftovers, sources.spool)
    log.info("user.erased", rows=sum(deleted.values()))
    return Erased(deleted=deleted)
