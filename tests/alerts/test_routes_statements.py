"""The number of statements of a request does not grow with the number of alerts."""

from pathlib import Path

import pytest

from app.access.scopes import Scope
from app.kit.db.engine import Database
from tests.support.churn_alerts import critical_learner, publish_and_evaluate
from tests.support.http_client import open_client, service, token

PATHS = [
    "/alerts?limit=1000",
    "/alerts?limit=1000&count=true&group=user",
    "/alerts/stats?from=2026-01-01",
    "/alert-rules?academy=1",
]


async def counts(
    database: Database, home: Path, path: str, statements: list[str]
) -> tuple[int, int]:
    """Count the statements of a read, and the bytes of its answer."""
    key = await token(database, Scope.ALERTS_READ, Scope.PEOPLE_READ)
    async with open_client(service(database, home), key) as client_:
        await client_.get("/me")
        statements.clear()
        answer = await client_.get(path)
    assert answer.status_code == 200
    return len(statements), len(answer.content)


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_takes_as_many_statements_for_many_alerts_as_for_one(
    database: Database, tmp_path: Path, statements: list[str], path: str
) -> None:
    await publish_and_evaluate(database, critical_learner(1))
    few, small = await counts(database, tmp_path, path, statements)
    rows = [
        critical_learner(user, academy_id=academy) for user in range(1, 41) for academy in (1, 2, 3)
    ]
    await publish_and_evaluate(database, *rows)

    many, large = await counts(database, tmp_path, path, statements)

    assert many == few <= 8
    assert large > 10 * small or "alerts?" not in path
