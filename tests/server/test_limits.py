"""What a server that anybody can reach takes, and for how long."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import psutil
import pytest

from app.kit.http.protocol import (
    HEAD_SECONDS,
    MOST_CONNECTIONS,
    MOST_HEAD_BYTES,
    MOST_TARGET_BYTES,
)
from app.kit.http.secured_route import BODY_SECONDS, MAX_BODY_BYTES
from tests.server.conftest import Served
from tests.support.processes import until
from tests.support.raw_http import (
    answer_on,
    chunk,
    connected,
    head,
    is_closed,
    send_until_closed,
)

MB = 1 << 20
FLOOD = 200 * MB
RUN = "/reports/churn/run"
CHUNKED = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}


@pytest.fixture
def growth(served: Served) -> Iterator[list[int]]:
    """The bytes by which the process grew since the test began; asked for at its end."""
    process = psutil.Process(served.process.pid)
    before = process.memory_info().rss
    grown: list[int] = []
    yield grown
    grown.append(process.memory_info().rss - before)
    assert grown[0] < 32 * MB


@pytest.mark.usefixtures("growth")
@pytest.mark.parametrize("path", [RUN, "/subscriptions", "/nothing"])
def test_a_body_without_a_key_is_not_read(served: Served, path: str) -> None:
    method = "PUT" if path == "/subscriptions" else "POST"
    with connected(served.port) as connection:
        connection.sendall(head(method, path, **CHUNKED))
        answer = answer_on(connection)
        sent = send_until_closed(connection, chunk(b"x" * 65536), FLOOD)

    assert answer is not None
    assert answer.status == (404 if path == "/nothing" else 401)
    assert sent < 32 * MB


@pytest.mark.usefixtures("growth")
@pytest.mark.parametrize(
    ("path", "most"), [(RUN, MAX_BODY_BYTES), ("/subscriptions", 64 * MB)], ids=["run", "upload"]
)
def test_a_body_is_refused_by_the_length_that_it_declares(
    served: Served, path: str, most: int
) -> None:
    method = "PUT" if path == "/subscriptions" else "POST"
    declared = {"Content_Type": "application/json", "Content_Length": str(most + 1)}
    with connected(served.port) as connection:
        connection.sendall(head(method, path, Authorization=f"Bearer {served.key}", **declared))
        answer = answer_on(connection)

    assert answer is not None
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.usefixtures("growth")
def test_a_body_is_read_up_to_its_bound_and_no_further(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(head("POST", RUN, Authorization=f"Bearer {served.key}", **CHUNKED))
        sent = send_until_closed(connection, chunk(b" " * 65536), FLOOD)
        answer = answer_on(connection)

    assert sent < 32 * MB
    assert answer is not None
    assert (answer.status, answer.code) == (413, "too_large")


@pytest.mark.usefixtures("growth")
@pytest.mark.parametrize(
    ("begin", "piece", "status", "code"),
    [
        (b"GET /healthz HTTP/1.1\r\nA: ", b"x" * 65536, 431, "headers_too_large"),
        (b"GET /healthz HTTP/1.1\r\n", b"a: b\r\n" * 1000, 431, "headers_too_large"),
        (b"GET /healthz?", b"x" * 65536, 414, "target_too_long"),
        (b"GET /healthz HTTP/1.1\r\n" + b"x" * 1000, b"x" * 1000, 431, "headers_too_large"),
    ],
    ids=["one header", "many headers", "target", "a name"],
)
def test_a_head_without_end_is_refused(
    served: Served, begin: bytes, piece: bytes, status: int, code: str
) -> None:
    with connected(served.port) as connection:
        connection.sendall(begin)
        sent = send_until_closed(connection, piece, FLOOD)
        answer = answer_on(connection)

    assert sent < 16 * MB
    assert answer is not None
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("/healthz", "x" * (MOST_HEAD_BYTES - 1000), 200),
        ("/healthz", "x" * (MOST_HEAD_BYTES + 1), 431),
        (f"/healthz?{'x' * (MOST_TARGET_BYTES - 1000)}", "x", 422),
        (f"/healthz?{'x' * MOST_TARGET_BYTES}", "x", 414),
    ],
)
def test_a_whole_head_is_bounded_too(served: Served, path: str, header: str, status: int) -> None:
    with connected(served.port) as connection:
        connection.sendall(head("GET", path, A=header))
        answer = answer_on(connection)

    assert answer is not None
    assert answer.status == status


@pytest.mark.usefixtures("growth")
def test_trailers_are_bounded_as_headers_are(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(head("POST", RUN, Authorization=f"Bearer {served.key}", **CHUNKED))
        connection.sendall(chunk(b"{") + b"0\r\nA: ")
        sent = send_until_closed(connection, b"x" * 65536, FLOOD)

    assert sent < 16 * MB


def test_requests_that_do_not_arrive_are_ended_after_some_seconds(served: Served) -> None:
    """All of them wait at the same time: nothing, half a head, drops of one, a body that stops."""
    began = monotonic()
    with ExitStack() as stack:
        silent, half, later, slow = (stack.enter_context(connected(served.port)) for _ in range(4))
        half.sendall(b"GET /healthz HTTP/1.1\r\nA: b\r\n")
        later.sendall(head("GET", "/healthz"))
        assert answer_on(later) is not None
        later.sendall(b"GET /heal")
        slow.sendall(head("POST", RUN, Authorization=f"Bearer {served.key}", **CHUNKED))

        assert is_closed(silent)
        answers = [answer_on(each) for each in (half, later)]
        assert HEAD_SECONDS - 1 < monotonic() - began < HEAD_SECONDS + 3
        late = answer_on(slow)

    assert [each and (each.status, each.code) for each in answers] == [(408, "request_timeout")] * 2
    assert monotonic() - began < BODY_SECONDS + 3
    assert late is not None
    assert (late.status, late.code) == (408, "too_slow_body")


def test_a_connection_goes_on_after_a_small_body_that_was_not_read(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(head("POST", RUN, Content_Length="9", Content_Type="application/json"))
        refused = answer_on(connection)
        connection.sendall(b"x" * 9 + head("GET", "/healthz"))
        answer = answer_on(connection)

    assert refused is not None
    assert answer is not None
    assert (refused.status, answer.status) == (401, 200)


def test_connections_are_counted(served: Served) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with ExitStack() as stack:
        opened = [stack.enter_context(connected(served.port)) for _ in range(MOST_CONNECTIONS)]
        refused = answer_on(stack.enter_context(connected(served.port)))
        opened[0].sendall(head("GET", "/healthz"))
        answer = answer_on(opened[0])

    assert refused is not None
    assert answer is not None
    assert (refused.status, refused.code) == (503, "too_many_connections")
    assert answer.status == 200
    until(lambda: is_served(served.port))


def is_served(port: int) -> bool:
    """Say whether a connection is taken again."""
    with connected(port) as connection:
        connection.sendall(head("GET", "/healthz"))
        answer = answer_on(connection)
        return answer is not None and answer.status == 200


def test_what_is_no_request_is_refused_with_a_problem(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        answer = answer_on(connection)

    assert answer is not None
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert answer.headers["x-content-type-options"] == "nosniff"
