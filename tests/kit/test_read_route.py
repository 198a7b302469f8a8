"""A route that is called without the framework answers what the framework would have answered."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from app.kit.http.cached_query import Queries
from app.kit.http.direct_route import ReadRoute, route_call_of
from app.kit.values import Day, Id
from app.reports.churn.api.routes import router as churn


class Colour(StrEnum):
    RED = "red"


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True)

    ids: Annotated[list[Id], Field(max_length=2)] = Field(default=[], description="Some ids.")
    day: Day | None = None
    colour: Colour = Colour.RED
    limit: Annotated[int, Field(ge=1, le=9)] = 5
    count: bool = False


class Open(BaseModel):
    """Not frozen: it cannot be handed to two requests."""

    limit: int = 5


async def get_name(request: Request) -> str:
    """Say who asks."""
    return request.headers["name"]


def app_of(kind: type[APIRoute]) -> FastAPI:
    """Return a service whose one route is of a kind."""
    router = APIRouter(route_class=kind)

    @router.get("/things")
    async def list_things(
        request: Request,
        query: Annotated[Asked, Query()],
        name: Annotated[str, Depends(get_name)],
    ) -> Response:
        return Response(f"{name} {request.method} {query!r}")

    app = FastAPI()
    app.include_router(router)
    return app


async def answer_of(app: FastAPI, text: str) -> tuple[int, Any]:
    """Ask for the things."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as asking:
        answer = await asking.get(f"/things?{text}", headers={"name": "ada"})
    wrong = answer.json()["detail"] if answer.status_code == 422 else answer.text
    return answer.status_code, wrong


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ids=1&ids=2&day=2026-01-31&colour=red&limit=9&count=true",
        "ids=1&ids=2&ids=3",
        "ids=",
        "ids=0&ids=x",
        "day=",
        "day=2026-1-1",
        "day=1",
        "colour=blue",
        "limit=1&limit=2",
        "limit=0",
        "count=perhaps",
        "limit=%00&day=%FF",
        "ids=1;limit=2&&",
    ],
)
async def test_it_answers_as_the_framework_does(text: str) -> None:
    theirs, ours = app_of(APIRoute), app_of(ReadRoute)

    assert await answer_of(ours, text) == await answer_of(theirs, text)


def test_it_is_described_as_the_framework_does() -> None:
    theirs, ours = app_of(APIRoute), app_of(ReadRoute)

    assert ours.openapi() == theirs.openapi()
    assert len(ours.openapi()["paths"]["/things"]["get"]["parameters"]) == 5


def test_a_query_is_read_once() -> None:
    queries = Queries(Asked)

    assert queries.read(b"limit=3") is queries.read(b"limit=3")


def callings(router: APIRouter) -> Mapping[str, bool]:
    """Say of each route whether it is called without the framework."""
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    return {route.path: route_call_of(route.dependant) is not None for route in routes}


def test_what_dashboards_ask_is_called_without_the_framework() -> None:
    assert callings(churn) == {
        "/churn/risk": True,
        "/churn/risk/{user_id}": False,
        "/churn/summary": True,
        "/churn/trend": True,
        "/churn/movers": True,
    }


def test_what_takes_more_is_left_to_the_framework() -> None:
    router = APIRouter()

    @router.get("/open")
    async def open_query(request: Request, query: Annotated[Open, Query()]) -> Response:
        return Response(f"{request.method} {query}")

    @router.get("/of/{thing}")
    async def of_thing(request: Request, thing: int, query: Annotated[Asked, Query()]) -> Response:
        return Response(f"{request.method} {thing} {query}")

    @router.get("/model")
    async def model(request: Request, query: Annotated[Asked, Query()]) -> dict[str, str]:
        return {request.method: query.colour}

    @router.get("/tree")
    async def tree(
        request: Request,
        query: Annotated[Asked, Query()],
        thing: Annotated[Response, Depends(of_thing)],
    ) -> Response:
        return Response(f"{request.method} {query} {thing}")

    assert callings(router) == dict.fromkeys(("/open", "/of/{thing}", "/model", "/tree"), False)
