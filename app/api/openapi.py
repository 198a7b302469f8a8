"""The OpenAPI document of the service, read by programs and by people."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.access.authentication import Requirement
from app.access.scopes import Scope
from app.kit.http.etags import UNCHANGED
from app.kit.http.problems import MEDIA_TYPE, Problem
from app.runs.registry import reports

DESCRIPTION = """
Each report publishes every day of an academy once the day is over; its operations have its name.

Send a key with each request: `Authorization: Bearer hu_...`. A key has scopes, and may be limited
to some academies; anything of another academy is answered with 404, as if it did not exist.
Errors are `application/problem+json`: compare their `code`. Days are ISO dates in the service's
time zone, instants are UTC. `next_cursor` leads to the next page of a list. A query parameter that
an operation does not have is refused.
"""

TAGS = [
    *({"name": name, "description": each.description} for name, each in reports().items()),
    {"name": "reports", "description": "Run reports and watch them; where each day stands."},
    {"name": "alerts", "description": "What the success team works through."},
    {"name": "directory", "description": "Names of academies and learners; what this key may do."},
    {"name": "data", "description": "Write subscriptions and names; erase a person."},
    {"name": "keys", "description": "Make and revoke keys."},
    {"name": "service", "description": "Whether the service is well; no key needed."},
]
METHODS = ("get", "put", "post", "delete", "patch")
LEFT_OUT = ("HTTPValidationError", "ValidationError")
FIRST_ERROR = 400
UNCHANGED_DECLARED = {str(status): answer for status, answer in UNCHANGED.items()}

Json = dict[str, Any]


def operation_id(route: APIRoute) -> str:
    """Turn the name of a route's function, `list_alerts`, into `listAlerts`."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def add_openapi(app: FastAPI) -> None:
    """Replace the framework's OpenAPI document by ours, which is built on the first request."""

    def described() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def describe(app: FastAPI) -> Json:
    """Return the OpenAPI document."""
    schema = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in LEFT_OUT:
        components.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= problem.pop("$defs", {}) | {"Problem": problem}
    needed = scopes_needed(app)
    for method, operation in _operations(schema):
        if method == "get" and operation.get("security"):
            operation["responses"] |= UNCHANGED_DECLARED
        _declare_errors(operation, needed.get(operation["operationId"]))
    return schema


def scopes_needed(app: FastAPI) -> dict[str, Scope | None]:
    """Map each operation that needs a key to its scope; None where any valid key is enough."""
    found = {}
    for route in api_routes(app):
        for call in calls_of(route.dependant):
            if isinstance(call, Requirement):
                found[operation_id(route)] = call.scope
    return found


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Yield the routes that the OpenAPI document describes."""
    for router in app.state.routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def calls_of(dependant: Any) -> Iterator[object]:  # noqa: ANN401 - the framework's own tree
    """Yield every dependency of a route, those of its dependencies included."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_of(each)


def _operations(schema: Json) -> Iterator[tuple[str, Json]]:
    for path in schema["paths"].values():
        yield from ((method, path[method]) for method in METHODS if method in path)


def _declare_errors(operation: Json, scope: Scope | None) -> None:
    answers: Json = operation["responses"]
    if operation.get("security"):
        answers.setdefault("401", {"description": "There is no valid key in the request."})
        answers.setdefault("429", {"description": "Too many invalid keys came from the address."})
        answers.setdefault("503", {"description": "Something is away, full or busy; try again."})
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        answers.setdefault("408", {"description": "The body did not arrive in time."})
        answers.setdefault("413", {"description": "The body is larger than the limit."})
        answers.setdefault("415", {"description": "The body has a type that is not supported."})
    if scope is not None:
        answers.setdefault("403", {"description": f"The key lacks the scope `{scope}`."})
        words = operation.get("description", "")
        operation["description"] = f"{words}\n\nNeeds the scope `{scope}`.".strip()
        operation["x-scope"] = scope.value
    answers["422"] = {"description": "The request cannot be used; `errors` says where."}
    for status, answer in answers.items():
        if int(status) >= FIRST_ERROR:
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            answer.setdefault("description", HTTPStatus(int(status)).phrase)
    operation["responses"] = dict(sorted(answers.items()))
