"""What lists have in common that are streamed whole."""

import asyncio
from pathlib import Path

import pytest
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import scopes
from app.kit.db.engine import Database
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.errors import SourceDown
from app.kit.failures import unavailable_of
from app.kit.http.formats import ListFormat
from app.kit.http.streaming import TRAILERS, Streams, Whole
from app.sources.directory.models import User
from tests.support.churn_alerts import learner_with_failed_payment, publish_and_evaluate
from tests.support.http_client import open_client, service, token
from tests.support.tcp_proxy import table_lock

READER = (scopes.Scope.REPORTS_READ, scopes.Scope.ALERTS_READ)


class Trailing:
    """A server whose protocol has trailers; it keeps those that it is given."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.given: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def keeping(message: Message) -> None:
            if message["type"] == TRAILERS:
                self.given.append(message)
            else:
                await send(message)

        await self.app({**scope, "extensions": {TRAILERS: {}}}, receive, keeping)


@pytest.mark.parametrize("path", ["/churn/risk", "/alerts"])
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
async def test_a_trailer_counts_the_rows_where_the_protocol_has_trailers(
    database: Database, tmp_path: Path, path: str, kind: str
) -> None:
    await publish_and_evaluate(
        database, *(learner_with_failed_payment(user) for user in range(1, 4))
    )
    server = Trailing(service(database, tmp_path))

    async with open_client(server, await token(database, *READER)) as client:
        answer = await client.get(f"{path}?format={kind}")

    (trailer,) = server.given
    assert answer.headers["trailer"] == "X-Row-Count"
    assert trailer["headers"] == [(b"x-row-count", b"3")]


async def test_rows_and_etag_come_from_one_snapshot(
    database: Database,
) -> None:
    async def read(rows: Rows) -> Whole:
        ((known,),) = await rows(Statement(sql="SELECT count(*) FROM users", params={}))
        async with database.transaction() as session:
            session.add(User(id=known + 1))
        lines = Statement(sql="SELECT row_to_json(users)::text FROM users", params={})
        return Whole(etag=f'"{known}"', statement=lines)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        found = await streams.answer(Request(scope), ListFormat.NDJSON, read)
        await found(scope, receive, send)

    streams = streams_of(database)

    async with open_client(answer) as client:
        answers = [await client.get("/") for _ in range(3)]

    assert [(found.headers["etag"], len(found.text.splitlines()) - 1) for found in answers] == [
        ('"0"', 0),
        ('"1"', 1),
        ('"2"', 2),
    ]


ASKED = Request({"type": "http", "headers": [], "path": "/"})
NUMBERS = Statement(sql="SELECT generate_series(1, 1000000)", params={})
OTHERS_SQL = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def streams_of(database: Database, most: int = 1, stall_seconds: float = 60) -> Streams:
    return Streams(database, most=most, stall_seconds=stall_seconds)


async def all_numbers(_rows: Rows) -> Whole:
    return Whole(etag='"1"', statement=NUMBERS)


async def never() -> Message:
    """Wait for a caller to leave who stays."""
    await asyncio.Event().wait()
    raise AssertionError


async def take(_message: Message) -> None:
    """Take whatever is sent."""


async def take_the_head(message: Message) -> None:
    """Take nothing but the head."""
    if message["type"] == "http.response.body":
        await asyncio.Event().wait()


async def connections(database: Database) -> int:
    """Count the connections of the database but for one's own."""
    ((others,),) = await database.reader.rows(Statement(sql=OTHERS_SQL, params={}))
    return int(others)


async def until_closed(database: Database) -> None:
    async with asyncio.timeout(30):
        while await connections(database):  # noqa: ASYNC110 - the server's
            await asyncio.sleep(0.01)


async def test_a_connection_lost_before_the_first_row_is_an_error_response(
    database: Database,
) -> None:
    end = Statement(sql="SELECT pg_terminate_backend(pg_backend_pid())", params={})

    async def read(rows: Rows) -> Whole:
        await rows(end)
        return Whole(etag="", statement=end)

    with pytest.raises(Exception) as lost:  # noqa: PT011 - its meaning is looked at
        await streams_of(database).answer(ASKED, ListFormat.CSV, read)

    known = unavailable_of(lost.value)
    assert known is not None
    assert known.code == "database_down"


async def test_streams_are_limited_and_a_place_is_freed_at_the_end(
    database: Database,
) -> None:
    streams = streams_of(database, most=2)
    first, _ = [await streams.answer(ASKED, ListFormat.CSV, all_numbers) for _ in range(2)]

    with pytest.raises(SourceDown) as refused:
        await streams.answer(ASKED, ListFormat.CSV, all_numbers)
    await first(ASKED.scope, never, take)
    third = await streams.answer(ASKED, ListFormat.CSV, all_numbers)

    assert (refused.value.code, third.status_code) == ("too_many_streams", 200)


async def test_a_304_or_failed_answer_holds_no_stream_slot(database: Database) -> None:
    streams = streams_of(database)
    knowing = Request({"type": "http", "headers": [(b"if-none-match", b'"1"')]})

    async def fail(_rows: Rows) -> Whole:
        raise KeyError

    known = [await streams.answer(knowing, ListFormat.CSV, all_numbers) for _ in range(2)]
    with pytest.raises(KeyError):
        await streams.answer(ASKED, ListFormat.CSV, fail)

    assert [answer.status_code for answer in known] == [304, 304]
    assert (await streams.answer(ASKED, ListFormat.CSV, all_numbers)).status_code == 200


async def test_a_stalled_reader_is_disconnected_and_frees_its_connection(
    database: Database,
) -> None:
    streams = streams_of(database, stall_seconds=0.1)
    stuck = await streams.answer(ASKED, ListFormat.CSV, all_numbers)

    await stuck(ASKED.scope, never, take_the_head)

    await until_closed(database)
    assert (await streams.answer(ASKED, ListFormat.CSV, all_numbers)).status_code == 200


async def test_a_slow_but_moving_reader_is_not_disconnected(database: Database) -> None:
    taken = bytearray()

    async def take_slowly(message: Message) -> None:
        taken.extend(message.get("body", b""))
        await asyncio.sleep(0.002)

    slow = await streams_of(database, stall_seconds=0.1).answer(
        ASKED, ListFormat.NDJSON, all_numbers
    )
    began = asyncio.get_running_loop().time()
    await slow(ASKED.scope, never, take_slowly)

    assert asyncio.get_running_loop().time() - began > 0.1
    assert taken.endswith(b'1000000\n{"rows": 1000000}\n')


async def test_a_stalled_database_is_not_waited_for(database: Database) -> None:
    async def read(_rows: Rows) -> Whole:
        lines = Statement(sql="SELECT row_to_json(users)::text FROM users", params={})
        return Whole(etag='"1"', statement=lines)

    bodies: list[bool] = []

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["more_body"])

    async with table_lock(database, "users"):
        waiting = await streams_of(database, stall_seconds=0.1).answer(
            ASKED, ListFormat.NDJSON, read
        )
        await waiting(ASKED.scope, never, noting)

    assert bodies == []
