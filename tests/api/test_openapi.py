"""The description of the API, and the table of scopes in the handbook."""

import re
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from app.api.openapi import api_routes, calls_of, scopes_needed
from app.api.unknown_parameters import RefuseUnknown
from app.kit.db.engine import Database
from tests.support.http_client import open_client, service, token
from tests.support.openapi_document import APP, DOCUMENT, OPERATIONS

HANDBOOK = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_plain_id_a_tag_and_a_summary(name: str) -> None:
    operation = OPERATIONS[name]

    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert operation["summary"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_declares_its_errors_as_problems(name: str) -> None:
    answers = OPERATIONS[name]["responses"]

    errors = {status: answer for status, answer in answers.items() if int(status) >= 400}
    assert "422" in errors
    assert all(
        list(answer["content"]) == ["application/problem+json"] for answer in errors.values()
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_an_example(name: str) -> None:
    operation, components = OPERATIONS[name], DOCUMENT["components"]["schemas"]
    contents = [
        content
        for status, answer in operation["responses"].items()
        if status in ("200", "201", "202")
        for content in answer.get("content", {}).values()
    ]

    for content in contents:
        named = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        assert "example" in content or components[named].get("examples"), content


def test_no_two_models_share_a_name() -> None:
    """Models of one name get their modules' names in front, which no client can make a type of."""
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


def test_every_operation_that_needs_a_key_declares_it() -> None:
    keyed = {name for name, operation in OPERATIONS.items() if operation.get("security")}

    assert keyed == set(scopes_needed(APP))
    assert {"listChurnRisk", "getMe", "putSubscriptions", "eraseUser"} <= keyed


def test_no_route_or_dependency_runs_in_the_thread_pool() -> None:
    """The framework hands every plain function to one, at the price of a whole small answer."""
    called = [
        call for route in api_routes(APP) for call in (route.endpoint, *calls_of(route.dependant))
    ]

    plain = {
        call
        for call in called
        if not iscoroutinefunction(call)
        and not isasyncgenfunction(call)
        and not iscoroutinefunction(type(call).__call__)
    }

    assert plain == set()


def test_direct_routes_do_what_shared_dependencies_do() -> None:
    assert [type(each.dependency) for each in APP.router.dependencies] == [RefuseUnknown]


@pytest.mark.parametrize("path", ["/churn/risk", "/churn/summary", "/churn/trend", "/churn/movers"])
async def test_direct_routes_check_the_key_before_the_parameters(
    path: str, shared: Database, tmp_path: Path
) -> None:
    app, key = service(shared, tmp_path), await token(shared)
    async with open_client(app) as nobody, open_client(app, key) as client:
        keyless = await nobody.get(path, params={"colour": "red", "date": "red"})
        unknown = await client.get(path, params={"colour": "red"})

    assert (keyless.status_code, keyless.json()["code"]) == (401, "missing_key")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_parameter")


def test_the_table_of_scopes_in_the_handbook_has_each_operation_once() -> None:
    needed = scopes_needed(APP)
    rows = [
        f"| `{operation['method']} {operation['path']}` | `{name}` | {_words(needed, name)} |"
        for name, operation in OPERATIONS.items()
    ]

    written = [line for line in HANDBOOK.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert sorted(written) == sorted(rows)


def _words(needed: dict[str, Any], name: str) -> str:
    if name not in needed:
        return "no key"
    return f"`{needed[name]}`" if needed[name] else "any key"
