"""The description of the API, and its operations by their names."""

import copy
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.api.app import create_app
from app.api.openapi import METHODS
from app.settings import Settings

APP = create_app(Settings(home=Path("/nowhere")))
DOCUMENT = APP.openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation | {"method": method.upper(), "path": path}
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}
Schema = Mapping[str, Any]
Place = tuple[str | int, ...]


def resolved(schema: Schema) -> Schema:
    """Return what a reference stands for."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


def fields(schema: Schema, place: Place = ()) -> Iterator[tuple[Place, Schema]]:
    """List every field of a body, with what is said of it."""
    schema = resolved(schema)
    yield place, schema
    for choice in schema.get("anyOf", ()):
        yield from fields(choice, place)
    for name, each in schema.get("properties", {}).items():
        yield from fields(each, (*place, name))
    if isinstance(each := schema.get("additionalProperties"), dict):
        yield from fields(each, (*place, "churn" if len(place) < 2 else "PAYMENT_RISK"))
    if "items" in schema:
        yield from fields(schema["items"], (*place, 0))


def placed(body: Any, place: Place, value: str) -> str:  # noqa: ANN401 - any JSON
    """Write a body in which something else stands at a place."""
    marked: Any = copy.deepcopy(body)
    if not place:
        return value
    at: Any = marked
    for step, following in pairwise(place):
        if isinstance(at, dict):
            at = at.setdefault(step, [{}] if following == 0 else {})
        else:
            at = at[step]
    at[place[-1]] = "MARK"
    return json.dumps(marked).replace('"MARK"', value)


def body_of(operation: Schema) -> tuple[Schema, Any]:
    """Return what is said of the body of an operation, and an example."""
    content = operation["requestBody"]["content"]["application/json"]
    schema = content["schema"]
    for choice in (content, *(said for place, said in fields(schema) if not place)):
        if example := choice.get("example") or next(iter(choice.get("examples", ())), None):
            return schema, example
    raise AssertionError(f"{operation['operationId']} has no example")


def path_of(operation: Schema, known: Mapping[str, list[object]]) -> str:
    """Return the path with names of what there is."""
    path: str = operation["path"]
    names: Mapping[str, list[Any]] = {"report_type": ["churn"], "user_id": known["user"], **known}
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        path = path.replace(f"{{{name}}}", str(names.get(name, ["churn"])[0]))
    return path
