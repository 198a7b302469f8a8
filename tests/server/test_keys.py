"""The key comes before everything else that a request says."""

import asyncio
import json
from collections.abc import Mapping

import httpx
import pytest

from app.access.attempts import MAX_ATTEMPTS
from app.access.scopes import Scope
from tests.server.conftest import Served
from tests.support.described import OPERATIONS
from tests.support.service import token
from tests.support.sockets import Answer, answer_on, chunk, connected, head

GARBAGE = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}
BAD = {"Authorization": "Bearer hu_0000000000_nothing"}
VALUES = {"report_type": "churn", "run_id": "0190b5a0-6a3e-7c58-8f6e-2f6a2d1c9b11"}


def filled(path: str) -> str:
    """Write values where the path has names."""
    for name, value in VALUES.items():
        path = path.replace(f"{{{name}}}", value)
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


def send_garbage(served: Served, method: str, path: str, key: Mapping[str, str]) -> Answer:
    """Send wrong parameters and the beginning of a body that is no JSON and never ends."""
    with connected(served.port) as connection:
        connection.sendall(head(method, f"{path}?wrong=1&limit=x", **GARBAGE, **key))
        connection.sendall(chunk(b"{garbage"))
        answer = answer_on(connection)
    assert answer is not None
    return answer


GUARDED = [
    (operation["method"], filled(operation["path"]), operation.get("x-scope"))
    for operation in OPERATIONS.values()
    if operation.get("security")
]


def test_there_are_operations_with_bodies_and_without() -> None:
    assert {method for method, _, _ in GUARDED} == {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED)
def test_who_may_not_is_told_so_before_the_request_is_looked_at(
    served: Served, method: str, path: str, scope: str | None
) -> None:
    without = send_garbage(served, method, path, {})
    lesser = send_garbage(served, method, path, {"Authorization": f"Bearer {served.reader}"})

    assert (without.status, without.code) == (401, "missing_key")
    if scope is not None and scope != Scope.PEOPLE_READ:
        assert (lesser.status, lesser.code) == (403, "missing_scope")


async def test_bad_keys_are_limited_and_good_ones_are_not(served: Served) -> None:
    """Whatever address the headers name: nobody who may say so has said it."""
    fresh = await token(served.database, Scope.REPORTS_READ)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as asking:
        answers = [
            await asking.get("/me", headers={**BAD, "X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(MAX_ATTEMPTS + 2)
        ]
        good = await asking.get("/me", headers={"Authorization": f"Bearer {fresh}"})

    statuses = [answer.status_code for answer in answers]
    assert statuses[:MAX_ATTEMPTS] == [401] * MAX_ATTEMPTS
    assert statuses[-1] == 429
    assert answers[-1].json()["code"] == "too_many_attempts"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3
    assert good.status_code == 200


async def test_a_flood_of_bad_keys_leaves_good_ones_their_answers(served: Served) -> None:
    fresh = await token(served.database, Scope.REPORTS_READ)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as asking:
        flood = [
            asking.get("/me", headers={"Authorization": f"Bearer hu_{n:010x}_nothing"})
            for n in range(100)
        ]
        *answers, good = await asyncio.gather(
            *flood, asking.get("/me", headers={"Authorization": f"Bearer {fresh}"})
        )

    assert good.status_code == 200
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert json.loads(answers[-1].content)["status"] == 429
