"""What stands between the client and the emulator, and fails as networks and servers do."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

CONFLICT = {"reason": "duplicate", "message": "Already Exists: Job"}
UNAVAILABLE = {"reason": "backendError", "message": "Try again"}


class Fault(StrEnum):
    """What happens to a request."""

    RESET = "the connection is reset before the request arrives"
    LOST = "the request is done, and the connection is reset before its answer"
    SLOW = "the request is done, and its answer is kept until the client is gone"
    UNAVAILABLE = "the server says 503"


@dataclass(frozen=True, slots=True)
class Route:
    """Requests that are answered here; `path` matches `METHOD /path`, `body` what is sent."""

    path: str
    answer: dict[str, object]
    status: int = 200
    body: str = ""

    def is_for(self, words: str, body: bytes) -> bool:
        """Whether it answers a request."""
        return bool(re.search(self.path, words) and re.search(self.body, body.decode()))


@dataclass(slots=True)
class FaultProxy:
    """The faults still to come, the routes, and what has passed.

    `jobs` are the names of the jobs made, of which no two are the same: as BigQuery does and the
    emulator does not, a name that is taken is refused.
    """

    upstream: int
    port: int = 0
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """The address for the client."""
        return f"http://127.0.0.1:{self.port}"

    def made(self, name: str) -> list[str]:
        """List the jobs made whose names begin so."""
        return [job for job in self.jobs if job.startswith(name)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of a connection, and close it."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            await self._answer(head, body, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self,
        head: bytes,
        body: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        words = " ".join(head.decode().split(" ", 2)[:2])
        self.passed.append(words)
        match self._fault(words):
            case Fault.RESET:
                _reset(writer)
            case Fault.UNAVAILABLE:
                writer.write(_json(503, _error(503, UNAVAILABLE)))
            case Fault.LOST:
                await self._through(words, head, body)
                _reset(writer)
            case Fault.SLOW:
                await self._through(words, head, body)
                await reader.read()
            case None:
                writer.write(await self._through(words, head, body))
                await writer.drain()

    def _fault(self, words: str) -> Fault | None:
        for n, (path, _) in enumerate(self.faults):
            if re.search(path, words):
                return self.faults.pop(n)[1]
        return None

    async def _through(self, words: str, head: bytes, body: bytes) -> bytes:
        name = _job(words, body)
        if name in self.jobs:
            return _json(409, _error(409, CONFLICT))
        if name is not None:
            self.jobs.append(name)
        for route in self.routes:
            if route.is_for(words, body):
                return _json(route.status, route.answer)
        return await self._forward(head, body)

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        closing = re.sub(rb"\r\nconnection: [^\r]*", b"", head, flags=re.IGNORECASE)
        writer.write(closing[:-2] + b"Connection: close\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def open_fault_proxy(upstream: int = 0) -> AsyncIterator[FaultProxy]:
    """Stand before a server on this machine."""
    standing = FaultProxy(upstream)
    server = await asyncio.start_server(standing.serve, "127.0.0.1", 0)
    standing.port = server.sockets[0].getsockname()[1]
    yield standing
    server.close()
    await server.wait_closed()


def _length(head: bytes) -> int:
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _job(words: str, body: bytes) -> str | None:
    if not re.match(r"POST /bigquery/v2/projects/[^/]+/jobs\?", words):
        return None
    sent = json.loads(body)
    if sent["configuration"].get("dryRun"):
        return None
    return str(sent["jobReference"]["jobId"])


def _error(status: int, error: dict[str, str]) -> dict[str, object]:
    return {"error": {"code": status, "message": error["message"], "errors": [error]}}


def _json(status: int, answer: dict[str, object]) -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
