"""Requests as bytes on sockets, for what no client library sends."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

WAITED_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back before the server closed the connection, or up to the end of the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of the problem."""
        problem: dict[str, Any] = json.loads(self.body)
        return str(problem["code"])


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Connect to a port of the loopback interface."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAITED_SECONDS) as connection:
        yield connection


def head(method: str, path: str, **headers: str) -> bytes:
    """Write the head of a request; an underscore in a header's name stands for a hyphen."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{''.join(lines)}\r\n".encode()


def chunk(data: bytes) -> bytes:
    """Write a chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def answer_on(connection: socket.socket) -> Answer | None:
    """Read one answer; None if the server closes without one."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = _more(connection)
        if not piece:
            return None
        received += piece
    answer = _parsed(received)
    body = answer.body
    while len(body) < int(answer.headers.get("content-length", "0")):
        body += _more(connection)
    return replace(answer, body=body)


def answer_to_the_end(port: int, request: bytes) -> Answer | None:
    """Send a request; read until the server closes; None if it says nothing."""
    with connected(port) as connection, suppress(ConnectionError):
        connection.sendall(request)
        received = b"".join(iter(lambda: _more(connection), b""))
        return _parsed(received) if received else None
    return None


def _parsed(received: bytes) -> Answer:
    written, _, body = received.partition(b"\r\n\r\n")
    status, *lines = written.decode("latin-1").split("\r\n")
    headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
    return Answer(status=int(status.split(" ")[1]), headers=headers, body=body)


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes the connection; say whether it does so without another word."""
    return _more(connection) == b""


def send_until_closed(connection: socket.socket, data: bytes, most: int) -> int:
    """Send `data` again and again, until the server does not take it any more; return the bytes."""
    sent = 0
    try:
        while sent < most:
            sent += connection.send(data)
    except OSError:
        pass
    return sent


def _more(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
