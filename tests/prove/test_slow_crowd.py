"""Two hundred slow readers of lists: the others are answered, and everything comes back."""

from collections import Counter
from pathlib import Path
from time import perf_counter

import httpx
import pytest
import structlog

from app.access.scopes import Scope
from app.kit.db.engine import Database
from app.settings import Settings
from tests.support.http_client import token
from tests.support.memory import forget_peak, peak_bytes
from tests.support.service_processes import services
from tests.support.slow_readers import LIST, publish_long_list, slow_readers, until_streams

pytestmark = [pytest.mark.prove, pytest.mark.usefixtures("untraced")]

ROWS = 1000
READERS = 200
READS = 200
DEADLINE_SECONDS = 10.0
MOST_BYTES = 700 << 20
MAX_STREAMS = Settings.model_fields["max_streams"].default

log = structlog.get_logger()


async def test_two_hundred_slow_readers_leave_the_service_to_the_others(
    database: Database, tmp_path: Path
) -> None:
    await publish_long_list(database, ROWS)
    key = await token(database, Scope.REPORTS_READ, Scope.PEOPLE_READ)
    waits = list[float]()

    with services(database, tmp_path / "home") as started:
        (address,) = await started.serving(1)
        process = started.started[0].pid
        forget_peak(process)
        async with httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=DEADLINE_SECONDS
        ) as asking:
            with slow_readers(address, key, READERS) as readers:
                for number in range(READS):
                    began = perf_counter()
                    assert (await asking.get("/churn/risk?limit=1")).status_code == 200
                    waits.append(perf_counter() - began)
                    readers[number % MAX_STREAMS].take(100)
            await until_streams(database, 0)
            wholes = [await asking.get(LIST) for _ in range(MAX_STREAMS + 1)]
        memory = peak_bytes(process)

    log.info("crowd.measured", p99_seconds=sorted(waits)[READS * 99 // 100], peak_bytes=memory)
    refused = [reader.head.lower() for reader in readers if reader.status != 200]
    assert Counter(reader.status for reader in readers) == {
        200: MAX_STREAMS,
        503: READERS - MAX_STREAMS,
    }
    assert all("\r\nretry-after: " in head for head in refused)
    assert {whole.status_code for whole in wholes} == {200}
    assert all(whole.text.endswith(f'{{"rows": {ROWS}}}\n') for whole in wholes)
    assert memory < MOST_BYTES
