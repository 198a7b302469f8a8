"""A read-only snapshot of the platform's database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Self

import pyarrow as pa
from adbc_driver_manager import Error as DriverError
from adbc_driver_postgresql import dbapi

from app.kit.errors import SourceDown
from app.sources.platform.connection import Platform

ISOLATION = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
SETTINGS = """
SELECT
    set_config('statement_timeout', $1, true),
    set_config('TimeZone', 'UTC', true),
    set_config('jit', 'off', true),
    set_config('headsup.since', '-infinity', true)
"""
SINCE = "SELECT set_config('headsup.since', $1, true)"
LATE = "statement timeout"
QUERY = "\nQuery was:"
DEFAULTS = {"connect_timeout": "10", "application_name": "headsup"}


class PlatformSnapshot:
    """Answers everything as of one moment, once it is entered.

    For one thread, which it blocks; another one may cancel. Raises `SourceDown`, and `Unusable`
    when it is made.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._address = platform.address
        self._connected: dbapi.Connection | None = None
        self._is_cancelled = False

    def __enter__(self) -> Self:
        with self._answering():
            self._connected = dbapi.connect(self._address.words(**DEFAULTS), autocommit=False)
        with self._answering(), self._connection.cursor() as cursor:
            cursor.execute(ISOLATION)
        milliseconds = max(1, round(self._platform.timeout.total_seconds() * 1000))
        self.table(SETTINGS, [str(milliseconds)])
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def since(self, moment: str) -> None:
        """Set from which stamp on the next questions are answered: an instant or `-infinity`."""
        self.table(SINCE, [moment])

    def table(self, sql: str, params: Sequence[object] = ()) -> pa.Table:
        """Return the whole answer; for a short one."""
        with self._answering(), self._connection.cursor() as cursor:
            cursor.execute(sql, list(params) or None)
            return cursor.fetch_arrow_table()

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the answer as it arrives, some megabytes at a time."""
        with self._connection.cursor() as cursor:
            with self._answering():
                cursor.execute(sql)
                reader = cursor.fetch_record_batch()
            while True:
                with self._answering():
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    def cancel(self) -> None:
        """Stop the question that another thread waits for, and answer none any more.

        Whatever fails, that question ends with its timeout.
        """
        self._is_cancelled = True
        with suppress(DriverError):
            if self._connected is not None:
                self._connected.adbc_cancel()

    @property
    def _connection(self) -> dbapi.Connection:
        if self._connected is None:
            raise SourceDown("The platform is not connected")
        return self._connected

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Translate errors; leave out the password, and the cause, which might contain it."""
        if self._is_cancelled:
            raise SourceDown("Reading the platform was cancelled")
        try:
            yield
        except (DriverError, OSError) as error:
            said = self._address.without_secrets(str(error)).partition(QUERY)[0].strip()
            where = f"The platform's database at {self._address.place}"
            if LATE in said:
                seconds = f"{self._platform.timeout.total_seconds():g} s"
                raise SourceDown(
                    f"{where} took longer than {seconds} (HEADSUP_PLATFORM_TIMEOUT_SECONDS)"
                ) from None
            raise SourceDown(f"{where} did not answer: {said}") from None
