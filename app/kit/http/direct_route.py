"""Routes that only read: their arguments are resolved once, and not for each request."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.kit.http.cached_query import Queries
from app.kit.http.secured_route import SecuredRoute

RequestReader = Callable[[Request], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCall:
    """How to call a route: with the request, its query, and values that depend on the request."""

    endpoint: Callable[..., Awaitable[Response]]
    request_name: str
    query_name: str
    queries: Queries
    asked: tuple[tuple[str, RequestReader], ...]

    async def answer(self, request: Request) -> Response:
        """Call the dependencies, the key among them, then validate the query, then answer."""
        values: dict[str, object] = {self.request_name: request}
        for name, ask in self.asked:
            values[name] = await ask(request)
        values[self.query_name] = self.queries.read(request.scope["query_string"])
        return await self.endpoint(**values)


class ReadRoute(SecuredRoute):
    """A route whose arguments are the request, one query model, and values of the request alone.

    For each request FastAPI walks the tree of dependencies and every field of the query, which
    takes longer than the rest of a response that is not modified. FastAPI still describes the
    route in OpenAPI, and calls a route with other arguments. Dependencies of the whole app are
    not called: the refusal of unknown parameters, which is one, is done here instead.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that handles a request."""
        calling = route_call_of(self.dependant)
        return super().get_route_handler() if calling is None else calling.answer


def route_call_of(dependant: Dependant) -> RouteCall | None:
    """Return how to call a route; None if a `RouteCall` lacks some of its arguments."""
    endpoint, request_name, model = dependant.call, dependant.request_param_name, _model(dependant)
    asked = [(each.name, each.call) for each in dependant.dependencies if _asks_little(each)]
    if endpoint is None or request_name is None or model is None:
        return None
    if len(asked) < len(dependant.dependencies):
        return None
    if endpoint.__annotations__.get("return") is not Response:
        return None
    return RouteCall(
        endpoint=endpoint,
        request_name=request_name,
        query_name=dependant.query_params[0].name,
        queries=Queries(model),
        asked=tuple((name, call) for name, call in asked if name is not None and call is not None),
    )


def _model(dependant: Dependant) -> type[BaseModel] | None:
    """Return the frozen model of the query; None if the route takes other parameters as well."""
    if _others(dependant) or len(dependant.query_params) != 1:
        return None
    model = dependant.query_params[0].field_info.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    return model if model.model_config.get("frozen") else None


def _asks_little(each: Dependant) -> bool:
    """Say whether a dependency is a coroutine that needs the request and nothing else."""
    if each.name is None or each.request_param_name is None:
        return False
    if each.dependencies or each.query_params or _others(each):
        return False
    return iscoroutinefunction(each.call) or iscoroutinefunction(type(each.call).__call__)


def _others(dependant: Dependant) -> bool:
    lists = dependant.path_params, dependant.header_params, dependant.cookie_params
    names = (
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.http_connection_param_name,
    )
    return any(lists) or bool(dependant.body_params) or any(names)
