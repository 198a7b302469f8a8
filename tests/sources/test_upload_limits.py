"""A body that asks for much work is refused before it is done, and keeps nobody waiting."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import httpx
import orjson
import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.sources.imports.http_upload import MAX_BYTES
from app.sources.imports.row_parser import MAX_ROW_BYTES, MAX_ROWS
from tests.sources.test_upload_routes import NDJSON, subscription
from tests.support.http_client import open_client, service, token
from tests.support.memory import forget_peak, peak_bytes

JSON = {"Content-Type": "application/json"}
MUCH = MAX_BYTES - 100
"""As many bytes as are taken."""
MOST_SECONDS = 1.5
"""How long others wait at most, on a machine that is busy; one parse of it all takes longer."""
MOST_GROWTH = 8 * MAX_BYTES


@pytest.fixture
async def client(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    key = await token(database, Scope.DATA_WRITE)
    async with open_client(service(database, tmp_path), key) as client:
        yield client


def filled(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """Repeat a piece until the body is as large as it may be."""
    return before + piece * ((MUCH - len(before) - len(after)) // len(piece)) + after


ROW = orjson.dumps(subscription())
BODIES = {
    "rows without end": (filled(b"{}\n"), NDJSON, 413),
    "rows without end in an array": (filled(b"{},", b"[", b"{}]"), JSON, 413),
    "lines with nothing in them": (filled(b"\n"), NDJSON, 200),
    "numbers for rows": (filled(b"0,", b"[", b"0]"), JSON, 422),
    "levels without end": (filled(b"["), JSON, 422),
    "levels without end in a line": (filled(b'{"id":'), NDJSON, 422),
    "a row without end": (filled(b"0,", b'[{"id":[', b"0]}]"), JSON, 422),
    "a text without end": (filled(b"x", b'[{"id":"', b'"}]'), JSON, 422),
    "a text of quotes": (filled(b'\\"', b'[{"id":"', b'"}]'), JSON, 422),
    "names without end": (filled(b'"a":0,', b'[{"id":"', b'"}]'), JSON, 422),
    "space without end": (filled(b" ", b"[", b"]"), JSON, 200),
    "faults in all rows": (b"\n".join([b"{" + b" " * 600 + b"}"] * MAX_ROWS), NDJSON, 422),
}


@pytest.mark.parametrize("what", BODIES)
async def test_others_are_answered_and_memory_is_bounded_meanwhile(
    client: httpx.AsyncClient, what: str
) -> None:
    body, headers, status = BODIES[what]
    before, waits = forget_peak(), list[float]()

    answering = asyncio.create_task(client.put("/subscriptions", content=body, headers=headers))
    while not answering.done():
        began = perf_counter()
        await asyncio.wait([answering], timeout=0.01)
        assert (await client.get("/healthz")).status_code == 200
        waits.append(perf_counter() - began)

    assert (await answering).status_code == status
    assert max(waits) < MOST_SECONDS
    assert peak_bytes() - before < MOST_GROWTH


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (ROW[:-1] + b',"plan":' + b"[" * 99 + b"]" * 99 + b"}", "/0"),
        (ROW[:-1] + b',"plan":"' + b"x" * MAX_ROW_BYTES + b'"}', "/0"),
        (ROW + b"\n" + ROW[:-1], "/1"),
        (ROW + b"\n5", "/1"),
        (ROW + b"\n" + ROW + ROW, "/1"),
        (ROW + b"\n" + ROW[:-1] + b",}", "/1"),
        (ROW[:-1] + b',"plan":"\\ud800"}', "/0"),
        (ROW[:-1] + b',"plan":"\xed\xa0\x80"}', "/0"),
        (ROW[:-1] + b',"plan":"\\u0000"}', "/0/plan"),
        (ROW[:-1] + b',"mrr":NaN}', "/0/mrr"),
        (ROW[:-1] + b',"mrr":1e999}', "/0/mrr"),
        (ROW[:-1] + b',"mrr":1000000001}', "/0/mrr"),
        (ROW[:-1] + b',"user_id":1.0}', "/0/user_id"),
        (ROW[:-1] + b',"user_id":9223372036854775808}', "/0/user_id"),
        (ROW[:-1] + b',"updated_at":1714550400}', "/0/updated_at"),
        (ROW[:-1] + b',"updated_at":"2026-01-07T10:00:00+99:99"}', "/0/updated_at"),
        (ROW[:-1] + b',"valid_until":"9999-12-31T00:00:00Z"}', "/0/valid_until"),
        (ROW[:-1] + b',"updated_at":"2199-01-01T00:00:00Z"}', "/0/updated_at"),
        (ROW[:-1] + b',"id":"' + b"x" * 201 + b'"}', "/0/id"),
    ],
)
async def test_an_invalid_row_is_pointed_at(
    client: httpx.AsyncClient, content: bytes, pointer: str
) -> None:
    for body, headers in ((content, NDJSON), (b"[" + content.replace(b"\n", b",") + b"]", JSON)):
        answer = await client.put("/subscriptions", content=body, headers=headers)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_fault_far_down_keeps_its_place(client: httpx.AsyncClient) -> None:
    rows = [subscription(id=f"s{n}") for n in range(2_000)] + [subscription(user_id=0)]

    answer = await client.put("/subscriptions", json=rows)

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/2000/user_id"]
