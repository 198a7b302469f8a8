"""Parses query strings into models, and caches the models by query string."""

from collections.abc import Iterable
from functools import lru_cache
from typing import get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

from app.kit.errors import Fault, Invalid
from app.kit.http.problems import pointer

MAX_CACHED_QUERIES = 256


class Queries:
    """Parses query strings into one model; dashboards repeat the same few queries.

    One instance is shared by many requests, so the model must be frozen.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        fields = model.model_fields
        self.model = model
        self._names = frozenset(fields)
        self._lists = frozenset(n for n, f in fields.items() if get_origin(f.annotation) is list)
        self.read = lru_cache(MAX_CACHED_QUERIES)(self._read)

    def _read(self, text: bytes) -> BaseModel:
        """Raise `Invalid` for unknown names, `RequestValidationError` for wrong values."""
        given = QueryParams(text)
        refuse_unknown(given, self._names)
        values = {n: given.getlist(n) if n in self._lists else given[n] for n in given}
        try:
            return self.model.model_validate(values)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            located = [{**fault, "loc": ("query", *fault["loc"])} for fault in faults]
            raise RequestValidationError(located) from None


def refuse_unknown(given: Iterable[str], known: frozenset[str]) -> None:
    """Raise `Invalid` that names every parameter of `given` that is not in `known`."""
    unknown = sorted(set(given) - known)
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        faults = [
            Fault(pointer=pointer(["query", name]), message=f"unknown; there is: {there}")
            for name in unknown
        ]
        message = "The path has no such parameter."
        raise Invalid(message, code="unknown_parameter", faults=faults)
