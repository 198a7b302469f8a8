"""What `/readyz` knows, how old it may be, and what it costs."""

from asyncio import to_thread
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import make_url, text

from app.kit.db.engine import Database
from tests.server.conftest import Served
from tests.support.processes import until
from tests.support.raw_http import answer_on, connected, head


def readiness(served: Served) -> tuple[int, bytes]:
    """Ask whether the service can work."""
    with connected(served.port) as connection:
        connection.sendall(head("GET", "/readyz"))
        answer = answer_on(connection)
    assert answer is not None
    return answer.status, answer.body


@pytest.fixture
async def lost_database(served: Served, server: str) -> AsyncIterator[None]:
    """Take the service's database away from it, and give it back at the end."""
    name = make_url(served.database.url).database
    away = Database(server, pooled=False)
    async with away.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        await connection.execute(text(ended), {"name": name})
        yield
        await connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    await to_thread(until, lambda: readiness(served)[0] == 200)
    await away.close()


async def test_readiness_says_how_old_its_knowledge_is(served: Served) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert 0 <= answer.json()["age_seconds"] <= 65


@pytest.mark.usefixtures("lost_database")
async def test_a_lost_database_is_noticed_soon(served: Served) -> None:
    await to_thread(until, lambda: readiness(served)[0] == 503)

    assert b'"/database"' in readiness(served)[1]
