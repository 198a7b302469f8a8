"""The names of academies and learners over HTTP."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func
from sqlmodel import col, select

from app.access.authentication import KeyDep, require
from app.access.scopes import Key, Scope
from app.kit.errors import NotFound
from app.kit.http import cursors
from app.kit.http.dependencies import (
    DEFAULT_LIMIT,
    Limit,
    PathId,
    SessionDep,
    ShellDep,
)
from app.kit.http.etags import TaggedRoute
from app.kit.http.problems import answers
from app.kit.values import Id
from app.sources.directory.imports import (
    ACADEMY_COLUMNS,
    USER_COLUMNS,
    import_academies,
    import_users,
)
from app.sources.directory.models import Academy, User
from app.sources.imports import http_upload
from app.sources.imports.http_upload import Written
from app.sources.subscriptions.models import Subscription

ACADEMY: dict[str, Any] = {"id": 1, "slug": "madrid", "name": "Academy of Madrid"}
USER_EXAMPLE: dict[str, Any] = {"id": 4711, "email": "ada@example.com", "full_name": "Ada Lovelace"}
UPLOAD = answers(404, 413, 415)

router = APIRouter(route_class=TaggedRoute)

DirectoryWriter = Annotated[Key, require(Scope.DATA_WRITE)]
PeopleReader = Annotated[Key, require(Scope.PEOPLE_READ)]


class AcademyShown(BaseModel):
    id: int
    slug: str
    name: str


class AcademyList(BaseModel):
    """Academies by their id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [ACADEMY], "next_cursor": None}]}
    )

    items: list[AcademyShown]
    next_cursor: str | None = Field(description="Where to go on: send it as `cursor`.")
    total: int | None = Field(default=None, description="Only with `count=true`.")


class UserShown(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [USER_EXAMPLE]})

    id: int
    email: str | None
    full_name: str | None


class AcademyQuery(BaseModel):
    limit: Limit = DEFAULT_LIMIT
    cursor: Id | None = Field(default=None, description="`next_cursor`.")
    count: bool = Field(default=False, description="Count all items too.")


@router.get("/academies", tags=["directory"], summary="List the academies")
async def list_academies(
    request: Request,
    response: Response,
    query: Annotated[AcademyQuery, Query()],
    key: KeyDep,
    session: SessionDep,
) -> AcademyList:
    """List the academies that the key may see, by their ids."""
    visible = select(Academy)
    if key.academies is not None:
        visible = visible.where(col(Academy.id).in_(key.academies))
    statement = visible.order_by(col(Academy.id)).limit(query.limit + 1)
    if query.cursor is not None:
        statement = statement.where(col(Academy.id) > query.cursor)
    found = [AcademyShown(**row.model_dump()) for row in await session.exec(statement)]
    shown = found[: query.limit]
    answer = AcademyList(items=shown, next_cursor=None)
    if len(found) > query.limit:
        answer.next_cursor = str(shown[-1].id)
        response.headers["Link"] = cursors.next_link(request, answer.next_cursor)
    if query.count:
        counted = select(func.count()).select_from(visible.subquery())
        answer.total = (await session.exec(counted)).one()
        response.headers["X-Total-Count"] = str(answer.total)
    return answer


@router.get(
    "/users/{user_id}", tags=["directory"], responses=answers(404), summary="Name a learner"
)
async def get_user(user_id: PathId, key: PeopleReader, session: SessionDep) -> UserShown:
    """Give the name and e-mail of a learner who has a subscription that the key may see."""
    statement = select(User).where(col(User.id) == user_id)
    if key.academies is not None:
        own = select(Subscription.id).where(
            col(Subscription.user_id) == user_id,
            col(Subscription.academy_id).in_(key.academies),
        )
        statement = statement.where(own.exists())
    found = (await session.exec(statement)).first()
    if found is None:
        raise NotFound(f"There is no learner {user_id}.", code="unknown_user")
    return UserShown(**found.model_dump())


@router.put(
    "/academies",
    tags=["data"],
    summary="Write academies",
    responses=UPLOAD,
    openapi_extra=http_upload.described(ACADEMY_COLUMNS, ACADEMY),
)
async def put_academies(
    request: Request, key: DirectoryWriter, session: SessionDep, shell: ShellDep
) -> Written:
    """Write whole academies, at most 50,000, all or none. A limited key writes its own."""
    now = shell.clock()
    upload = await http_upload.receive(request, ACADEMY_COLUMNS, now)
    if key.academies is not None:
        key.narrow(upload.values("id"))
    return await http_upload.load_upload(upload, partial(import_academies, session, now=now))


@router.put(
    "/users",
    tags=["data"],
    summary="Write learners",
    responses=UPLOAD,
    openapi_extra=http_upload.described(USER_COLUMNS, USER_EXAMPLE),
)
async def put_users(
    request: Request, key: DirectoryWriter, session: SessionDep, shell: ShellDep
) -> Written:
    """Write whole learners, at most 50,000, all or none.

    A limited key writes only those who have no subscription in another academy.
    """
    now = shell.clock()
    upload = await http_upload.receive(request, USER_COLUMNS, now)
    write = partial(import_users, session, now=now, academies=key.academies)
    return await http_upload.load_upload(upload, write)
