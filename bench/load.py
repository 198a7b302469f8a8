"""Load on a server: keep-alive connections that ask again as soon as they are answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
MILLISECONDS = 1000
STATUS = slice(9, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a server did under load: requests a second, and milliseconds for each."""

    requests_a_second: float
    p50: float
    p99: float
    body_bytes: int


class Asker(asyncio.Protocol):
    """A connection that asks the same again and again, until the deadline."""

    def __init__(self, request: bytes, status: bytes, deadline: float) -> None:
        self.seconds: list[float] = []
        self.body_bytes = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request, self._status, self._deadline = request, status, deadline
        self._received = bytearray()
        self._asked_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; ask again when it is whole."""
        self._received += data
        end = self._received.find(END_OF_HEAD)
        if end < 0:
            return
        if self._received[STATUS] != self._status:
            self._end(RuntimeError(f"Answered {bytes(self._received[:300])!r}"))
            return
        length = _length(bytes(self._received[:end]).lower())
        if len(self._received) - end - len(END_OF_HEAD) < length:
            return
        now = perf_counter()
        self.seconds.append(now - self._asked_at)
        self.body_bytes = length
        self._received.clear()
        if now < self._deadline:
            self._ask()
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the server ended the connection."""
        self._end(exc or ConnectionError("The server closed the connection"))

    def _ask(self) -> None:
        self._asked_at = perf_counter()
        if self._transport is not None:
            self._transport.write(self._request)

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        if self._transport is not None:
            self._transport.close()


def request(path: str, **headers: str) -> bytes:
    """Write a GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def load(
    port: int, asked: bytes, *, connections: int, seconds: float, status: int = 200
) -> Load:
    """Ask over so many connections for so long; raise `RuntimeError` for another answer."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    askers = [Asker(asked, str(status).encode(), began + seconds) for _ in range(connections)]
    for asker in askers:
        await loop.create_connection(partial(_self, asker), "127.0.0.1", port)
    await asyncio.gather(*(asker.done for asker in askers))
    took = perf_counter() - began
    times = sorted(second for asker in askers for second in asker.seconds)
    return Load(
        requests_a_second=len(times) / took,
        p50=_quantile(times, 0.5),
        p99=_quantile(times, 0.99),
        body_bytes=askers[0].body_bytes,
    )


async def fetch(port: int, asked: bytes) -> tuple[dict[str, str], bytes]:
    """Ask once; return the headers and the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    head = (await reader.readuntil(END_OF_HEAD)).decode()
    if not head.startswith("HTTP/1.1 200"):
        raise RuntimeError(f"Answered {head}")
    pairs = [line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line]
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers["content-length"]))
    writer.close()
    return headers, body


def _self(asker: Asker) -> Asker:
    return asker


def _length(head: bytes) -> int:
    place = head.find(LENGTH)
    if place < 0:
        return 0
    return int(head[place + len(LENGTH) :].split(b"\r\n", 1)[0])


def _quantile(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * MILLISECONDS
