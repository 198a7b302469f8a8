"""Refuses query parameters that a route does not declare, instead of ignoring them."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from app.kit.http.cached_query import refuse_unknown


class RefuseUnknown:
    """A dependency that refuses every query parameter that the route does not declare."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str]] = {}

    async def __call__(self, request: Request) -> None:
        """Raise `Invalid`, which names the unknown parameters."""
        if not request.scope["query_string"]:
            return
        known = self._names(request.scope["route"])
        refuse_unknown(request.query_params, known)

    def _names(self, route: APIRoute) -> frozenset[str]:
        known = self._known.get(id(route))
        if known is None:
            known = self._known[id(route)] = frozenset(_query_names(route.dependant))
        return known


def _query_names(dependant: Dependant) -> Iterator[str]:
    own = Dependant(query_params=dependant.query_params)
    yield from (field.alias for field in get_flat_params(own))
    for each in dependant.dependencies:
        yield from _query_names(each)
