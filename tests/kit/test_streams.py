"""What lists have in common that are streamed whole."""

from pathlib import Path

import pytest
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import scopes
from app.kit.db import Database
from app.kit.failures import unavailable_of
from app.kit.formats import ListFormat
from app.kit.reader import Rows
from app.kit.statements import Statement
from app.kit.streams import TRAILERS, Whole, answer_whole
from app.sources.directory.models import User
from tests.support.alerting import owing, published
from tests.support.service import client, service, token

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
async def test_a_trailer_counts_the_rows_where_the_protocol_has_any(
    database: Database, tmp_path: Path, path: str, kind: str
) -> None:
    await published(database, *(owing(user) for user in range(1, 4)))
    server = Trailing(service(database, tmp_path))

    async with client(server, await token(database, *READER)) as asking:
        answer = await asking.get(f"{path}?format={kind}")

    (trailer,) = server.given
    assert answer.headers["trailer"] == "X-Row-Count"
    assert trailer["headers"] == [(b"x-row-count", b"3")]


async def test_rows_and_etag_are_of_one_state_whatever_is_written_between_them(
    database: Database,
) -> None:
    async def read(rows: Rows) -> Whole:
        ((known,),) = await rows(Statement(sql="SELECT count(*) FROM users", params={}))
        async with database.transaction() as session:
            session.add(User(id=known + 1))
        lines = Statement(sql="SELECT row_to_json(users)::text FROM users", params={})
        return Whole(etag=f'"{known}"', statement=lines)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        found = await answer_whole(Request(scope), database, ListFormat.NDJSON, read)
        await found(scope, receive, send)

    async with client(answer) as asking:
        answers = [await asking.get("/") for _ in range(3)]

    assert [(found.headers["etag"], len(found.text.splitlines()) - 1) for found in answers] == [
        ('"0"', 0),
        ('"1"', 1),
        ('"2"', 2),
    ]


async def test_a_list_whose_connection_is_lost_before_it_is_sent_is_told_as_that(
    database: Database,
) -> None:
    end = Statement(sql="SELECT pg_terminate_backend(pg_backend_pid())", params={})

    async def read(rows: Rows) -> Whole:
        await rows(end)
        return Whole(etag="", statement=end)

    asked = Request({"type": "http", "headers": []})
    with pytest.raises(Exception) as lost:  # noqa: PT011 - its meaning is looked at
        await answer_whole(asked, database, ListFormat.CSV, read)

    known = unavailable_of(lost.value)
    assert known is not None
    assert known.code == "database_down"
