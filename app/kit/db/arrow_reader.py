"""Reads query results from PostgreSQL as Arrow tables, on connections of its own."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import polars as pl
from adbc_driver_manager import Error as DriverError
from adbc_driver_postgresql import dbapi

from app.kit.failures import is_connection_lost

MAX_IDLE_CONNECTIONS = 4
PLACEHOLDER = re.compile(r"\$(\d+)")


class ArrowReader:
    """Reuses a few connections: opening one costs as much as reading thousands of rows."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[dbapi.Connection] = []
        self._is_closed = False

    def read(self, sql: str, params: Sequence[object] = ()) -> pl.DataFrame:
        """Return the result of `sql`; raise `DriverError`. It blocks: call it in a thread."""
        while self._idle:
            try:
                return self._read(self._idle.pop(), sql, params)
            except DriverError as error:
                if not is_connection_lost(error):
                    raise
        return self._read(dbapi.connect(self._url, autocommit=True), sql, params)

    def _read(
        self, connection: dbapi.Connection, sql: str, params: Sequence[object]
    ) -> pl.DataFrame:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_written_out(sql, params))
                table = cursor.fetch_arrow_table()
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < MAX_IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        if self._is_closed:
            self.close()
        return pl.DataFrame(table)

    def close(self) -> None:
        """Close the idle connections now, and each of the others when its read ends.

        A cancelled task does not wait for its thread, so a read may still be running.
        """
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


def _written_out(sql: str, params: Sequence[object]) -> str:
    """Return the SQL with `$n` replaced by literals: the driver only streams such a statement.

    It collects the whole result of a statement with parameters first, in four times the memory.
    """
    return PLACEHOLDER.sub(lambda place: _literal(params[int(place[1]) - 1]), sql)


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case int():
            return f"({value})"
        case date() | str():
            text = str(value).replace("'", "''")
            return f"'{text}'"
        case list():
            return f"'{{{', '.join(str(int(each)) for each in value)}}}'"
        case _:
            raise TypeError(f"{type(value)} is written out nowhere")
