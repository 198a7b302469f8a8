"""Many slow readers of lists leave the service to the others."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from app.access.scopes import Scope
from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.sources.directory.models import User
from tests.support.published import publish, risk
from tests.support.service import token
from tests.support.services import services

MOST = 2
STALL_SECONDS = 4
WAITED_SECONDS = 60
ROWS = 1000
"""Of 16 kB each: more than the buffers between the database and a reader take."""
LIST = "/churn/risk?format=ndjson"
LAST_CHUNK = b"0\r\n\r\n"
STREAMS_SQL = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'
        AND pid <> pg_backend_pid()
"""


class SlowReader:
    """A client that reads the head of an answer, and then nothing until it is told to."""

    def __init__(self, address: str, key: str) -> None:
        url = httpx.URL(address)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(WAITED_SECONDS)
        self._socket.connect((url.host, url.port))
        head = f"GET {LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
        self._socket.sendall(head.encode())
        self.status = int(self._socket.recv(12)[-3:])

    def rest(self) -> bytes:
        """Read on to the end of the connection."""
        return b"".join(iter(lambda: self._socket.recv(65_536), b""))

    def close(self) -> None:
        self._socket.close()


@contextmanager
def slow_readers(address: str, key: str, count: int) -> Iterator[Sequence[SlowReader]]:
    """Start some, one after the other."""
    with ExitStack() as stack:
        readers = []
        for _ in range(count):
            readers.append(SlowReader(address, key))
            stack.callback(readers[-1].close)
        yield readers


async def until_streams(database: Database, count: int) -> None:
    """Wait until the database copies out so many lists."""
    async with asyncio.timeout(WAITED_SECONDS):
        while (await read_frame(database, STREAMS_SQL)).item() != count:  # noqa: ASYNC110 - others
            await asyncio.sleep(0.02)


async def test_slow_readers_take_no_more_than_their_share_and_are_cut(
    database: Database, tmp_path: Path
) -> None:
    await publish(database, *(risk(user_id=n) for n in range(1, ROWS + 1)))
    async with database.transaction() as session:
        session.add_all(User(id=n, full_name="x" * 16_000) for n in range(1, ROWS + 1))
    key = await token(database, Scope.REPORTS_READ, Scope.PEOPLE_READ)
    limits = {
        "HEADSUP_MAX_STREAMS": str(MOST),
        "HEADSUP_STREAM_STALL_SECONDS": str(STALL_SECONDS),
    }

    with services(database, tmp_path / "home", **limits) as started:
        (address,) = await started.serving(1)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=address, headers=headers) as asking:
            with slow_readers(address, key, MOST) as readers:
                surplus = await asking.get(LIST)
                page = await asking.get("/churn/risk?limit=1")
                await until_streams(database, 0)
                endings = [reader.rest()[-5:] for reader in readers]
            whole = await asking.get(LIST)

    assert [reader.status for reader in readers] == [200] * MOST
    assert (surplus.status_code, surplus.json()["code"]) == (503, "too_many_streams")
    assert surplus.headers["retry-after"] == "5"
    assert page.status_code == 200
    assert LAST_CHUNK not in endings
    assert whole.text.endswith(f'{{"rows": {ROWS}}}\n')
