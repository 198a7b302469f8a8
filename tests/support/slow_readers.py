"""Clients of streamed lists that take them slowly, or not at all."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import httpx

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database
from app.sources.directory.models import User
from tests.support.published_days import publish, risk

WAITED_SECONDS = 60
LIST = "/churn/risk?format=ndjson"
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
        self.head = self._socket.recv(2048).partition(b"\r\n\r\n")[0].decode()
        self.status = int(self.head.split(" ")[1])

    def take(self, count: int) -> None:
        """Read a few bytes."""
        self._socket.recv(count)

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


async def publish_long_list(database: Database, rows: int) -> None:
    """Publish a day whose rows take 16 kB each: some hundred fill all buffers up to a reader."""
    await publish(database, *(risk(user_id=n) for n in range(1, rows + 1)))
    async with database.transaction() as session:
        session.add_all(User(id=n, full_name="x" * 16_000) for n in range(1, rows + 1))


async def until_streams(database: Database, count: int) -> None:
    """Wait until the database copies out so many lists."""
    async with asyncio.timeout(WAITED_SECONDS):
        while (await read_frame(database, STREAMS_SQL)).item() != count:  # noqa: ASYNC110 - others
            await asyncio.sleep(0.02)
