"""Many slow readers of lists leave the service to the others."""

from pathlib import Path

import httpx

from app.access.scopes import Scope
from app.kit.db.engine import Database
from tests.support.http_client import token
from tests.support.service_processes import services
from tests.support.slow_readers import LIST, publish_long_list, slow_readers, until_streams

MOST = 2
STALL_SECONDS = 4
ROWS = 1000
LAST_CHUNK = b"0\r\n\r\n"


async def test_slow_readers_are_limited_and_disconnected(
    database: Database, tmp_path: Path
) -> None:
    await publish_long_list(database, ROWS)
    key = await token(database, Scope.REPORTS_READ, Scope.PEOPLE_READ)
    limits = {
        "HEADSUP_MAX_STREAMS": str(MOST),
        "HEADSUP_STREAM_STALL_SECONDS": str(STALL_SECONDS),
    }

    with services(database, tmp_path / "home", **limits) as started:
        (address,) = await started.serving(1)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=address, headers=headers) as client:
            with slow_readers(address, key, MOST) as readers:
                surplus = await client.get(LIST)
                page = await client.get("/churn/risk?limit=1")
                await until_streams(database, 0)
                endings = [reader.rest()[-5:] for reader in readers]
            whole = await client.get(LIST)

    assert [reader.status for reader in readers] == [200] * MOST
    assert (surplus.status_code, surplus.json()["code"]) == (503, "too_many_streams")
    assert surplus.headers["retry-after"] == "5"
    assert page.status_code == 200
    assert LAST_CHUNK not in endings
    assert whole.text.endswith(f'{{"rows": {ROWS}}}\n')
