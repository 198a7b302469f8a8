"""No value that is sent to any field of any operation breaks it, and none that is wrong is kept."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.database.migrations import all_tables
from tests.support.http_client import open_client, service, token
from tests.support.openapi_document import (
    OPERATIONS,
    Schema,
    body_of,
    fields,
    path_of,
    placed,
)
from tests.support.two_academies import two_academies

pytestmark = pytest.mark.usefixtures("untraced")

NEVER = {
    "a NUL character": r'"a\u0000b"',
    "a lone surrogate": r'"\ud800"',
    "9,000 characters": json.dumps("x" * 9_000),
    "many levels": "[" * 100 + "]" * 100,
    "more levels than a parser takes": "[" * 100_000,
    "2^63": str(2**63),
    "more digits than a number has": "9" * 5_000,
    "beyond all floats": "1e999",
    "below all money": "-1e308",
    "no number": "NaN",
}
"""What no field takes, by what it is, as it stands in a body."""
SOMETIMES = ("-1", '""', '"\uff11"', "{}", '"0001-01-01"', '"9999-12-31T23:59:59Z"')
"""What some field takes."""
NO_TIMES = {
    "seconds": "1714550400",
    "seconds as a text": '"1714550400"',
    "a day too early": '"1970-12-31"',
    "a day too late": '"2201-01-01"',
    "an instant too early": '"1970-12-31T23:59:59Z"',
    "an instant too late": '"2201-01-01T00:00:00Z"',
    "an offset of 99 hours": '"2026-01-01T00:00:00+99:99"',
    "an offset of more than 14 hours": '"2026-01-01T00:00:00+14:01"',
    "no offset": '"2026-01-01T00:00:00"',
}
"""What is neither a day nor an instant."""
IN_ADDRESSES = ("%00", "a%00b", "%ED%A0%80", "x" * 9_000, str(2**63), "9" * 5_000, "%C2%A0")
IN_HEADERS = ("a\0b", "x" * 9_000)


def is_time(said: Schema) -> bool:
    """Say whether a field is a day or an instant."""
    return said.get("format") in ("date", "date-time")


class World:
    """The service, a key that may do all, and what there is."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, known: Mapping[str, list[object]]
    ) -> None:
        self.client, self.database, self.known = client, database, known

    async def stored(self) -> Mapping[str, str]:
        """Return a digest of each table."""
        found = {}
        async with self.database.transaction() as session:
            connection = await session.connection()
            for table in all_tables().sorted_tables:
                names = [c.name for c in table.columns if c.name != "last_used_at"]
                row = f"ROW({', '.join(f't.{name}' for name in names)})::text"
                sql = f"SELECT md5(string_agg({row}, ' ' ORDER BY {row})) FROM {table.name} t"  # noqa: S608
                found[table.name] = str((await connection.execute(text(sql))).scalar_one())
        return found


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with two_academies(database, tmp_path) as two:
        key = await token(database, *Scope)
        async with open_client(service(database, tmp_path), key) as client:
            yield World(client, database, two.known)


async def send(world: World, operation: Schema, body: str) -> int:
    """Send a body; return the status."""
    path = path_of(operation, world.known)
    headers = {"Content-Type": "application/json"}
    answer = await world.client.request(
        operation["method"], path, content=body.encode(), headers=headers
    )
    return answer.status_code


WITH_BODY = [name for name, operation in OPERATIONS.items() if "requestBody" in operation]


async def test_a_value_that_no_field_takes_is_refused_in_every_field_of_a_body(
    world: World,
) -> None:
    before = await world.stored()

    taken = [
        (name, place, what)
        for name in WITH_BODY
        for schema, example in [body_of(OPERATIONS[name])]
        for place, said in fields(schema)
        for what, value in (NEVER | NO_TIMES if is_time(said) else NEVER).items()
        if await send(world, OPERATIONS[name], placed(example, place, value)) != 422
    ]

    assert taken == [], taken
    assert await world.stored() == before


async def test_no_value_in_a_field_of_a_body_breaks_anything(world: World) -> None:
    broken = [
        (name, place, value)
        for name in WITH_BODY
        for schema, example in [body_of(OPERATIONS[name])]
        for place, _ in fields(schema)
        for value in SOMETIMES
        if await send(world, OPERATIONS[name], placed(example, place, value)) >= 500
    ]

    assert broken == [], broken


async def test_no_value_in_an_address_breaks_anything(world: World) -> None:
    before, broken = await world.stored(), []

    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            for value in IN_HEADERS if parameter["in"] == "header" else IN_ADDRESSES:
                status = await ask(world, operation, parameter, value)
                if status >= 500 or (parameter["in"] == "path" and status < 400):
                    broken.append((name, parameter["name"], value[:20], status))

    assert broken == [], broken
    assert await world.stored() == before


async def ask(world: World, operation: Schema, parameter: Schema, value: str) -> int:
    """Send a value as a parameter; return the status."""
    path, query, headers = path_of(operation, world.known), "", {}
    match parameter["in"]:
        case "path":
            pieces = operation["path"].split(f"{{{parameter['name']}}}")
            path = path_of({**operation, "path": value.join(pieces)}, world.known)
        case "query":
            query = f"?{quote(parameter['name'])}={value}"
        case _:
            headers = {parameter["name"]: value}
    answer = await world.client.request(operation["method"], f"{path}{query}", headers=headers)
    return answer.status_code
