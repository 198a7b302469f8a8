"""Maps failures of databases, files and networks, which are no bugs, to errors for people.

One mapping, for HTTP (503), the commands (exit status 1) and the worker, from the exceptions of
Postgres' drivers, SQLAlchemy, DuckDB, Google's client and the system to an error that says what to
do. Whatever it does not know is a bug.
"""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from socket import gaierror
from ssl import SSLError
from types import MappingProxyType

import duckdb
from adbc_driver_manager import AdbcStatusCode
from adbc_driver_manager import Error as ArrowDriverError
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kit.errors import AppError, SourceDown


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A kind of failure that passes or that an operator can end: a stable code and a sentence."""

    code: str
    problem: str
    remedy: str


DOWN = Outage(
    code="database_down",
    problem="The database does not answer, or the connection to it is lost",
    remedy="see that the server runs and can be reached, and try again",
)
BUSY = Outage(
    code="database_busy",
    problem="The database has no connection left",
    remedy="try again, or let the server have more connections (max_connections)",
)
REFUSED = Outage(
    code="database_refused",
    problem="The database refuses this service",
    remedy="see that its user, password and grants are right, and try again",
)
SLOW = Outage(
    code="too_slow",
    problem="The database took longer than it may",
    remedy="ask for less, or try again later",
)
CONFLICTING = Outage(
    code="conflicting_change",
    problem="Somebody else was changing the same rows",
    remedy="try again",
)
READ_ONLY = Outage(
    code="database_read_only",
    problem="The database can only be read",
    remedy="see that it is the primary and takes writes, and try again",
)
DISK_FULL = Outage(
    code="disk_full",
    problem="A disk is full, or a file may not grow any more",
    remedy="make room, and try again",
)
OUT_OF_MEMORY = Outage(
    code="out_of_memory",
    problem="There is not enough memory",
    remedy="ask for less, or try again when there is more",
)
TOO_MANY_FILES = Outage(
    code="too_many_files",
    problem="There are too many open files and connections",
    remedy="try again, or let the process have more (ulimit -n)",
)
STORAGE_DOWN = Outage(
    code="storage_down",
    problem="A file cannot be read or written",
    remedy="see to its disk and its permissions, and try again",
)
NETWORK_DOWN = Outage(
    code="source_down",
    problem="A service that is read over the network does not answer",
    remedy="see that it can be reached, and try again",
)

SQLSTATES: Mapping[str, Outage] = MappingProxyType(
    {
        "08": DOWN,
        "25006": READ_ONLY,
        "25P03": SLOW,  # idle in a transaction for too long
        "25P04": SLOW,  # a transaction took too long
        "28": REFUSED,
        "3D000": REFUSED,
        "40": CONFLICTING,
        "42501": REFUSED,
        "53": BUSY,
        "53100": DISK_FULL,
        "53200": OUT_OF_MEMORY,
        "55P03": CONFLICTING,
        "57": DOWN,
        "57014": SLOW,
        "58": STORAGE_DOWN,
    }
)
"""Postgres' codes of errors; two characters are all of a class that are not named by themselves."""
CLASS_LENGTH = 2

ERRNOS: Mapping[int, Outage] = MappingProxyType(
    {
        **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), DISK_FULL),
        **dict.fromkeys((errno.EMFILE, errno.ENFILE), TOO_MANY_FILES),
        **dict.fromkeys((errno.ENOMEM, errno.ENOBUFS), OUT_OF_MEMORY),
        **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO), STORAGE_DOWN),
        **dict.fromkeys((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN), DOWN),
        **dict.fromkeys((errno.EADDRNOTAVAIL, errno.EHOSTDOWN), DOWN),
    }
)
DISK_FULL_WORDS = ("No space left", "File too large", "Disk quota exceeded")
"""What DuckDB says of a full disk: its errors have no number."""

FOREIGN: Mapping[str, Outage] = MappingProxyType(
    dict.fromkeys(
        (
            "google.api_core.exceptions.RetryError",
            "google.api_core.exceptions.ServerError",
            "google.api_core.exceptions.TooManyRequests",
            "google.auth.exceptions.TransportError",
            "grpc.RpcError",
            "requests.exceptions.RequestException",
            "urllib3.exceptions.HTTPError",
        ),
        NETWORK_DOWN,
    )
)
"""By name, since importing these libraries takes half a second that most commands do not need."""

ROOTS: tuple[type[Exception], ...] = (
    ArrowDriverError,
    DBAPIError,
    ExceptionGroup,
    InterfaceError,
    InternalClientError,
    MemoryError,
    OSError,
    PendingRollbackError,
    PoolTimeout,
    PostgresError,
    duckdb.Error,
)
"""Base classes of the failures that are known here, except for those known by name."""


class Unavailable(SourceDown):
    """Something that the service needs is unreachable, full or busy."""

    def __init__(self, outage: Outage, said: str = "") -> None:
        super().__init__(f"{outage.problem}: {outage.remedy}.", code=outage.code)
        if said:
            self.full_message = f"{outage.problem} ({said}): {outage.remedy}."


def unavailable_of(error: BaseException) -> AppError | None:
    """Return the error to show to people; None if `error` is a bug.

    The words of the part that failed are only in its `full_message`: they name hosts and users.
    """
    if isinstance(error, AppError):
        return error
    if isinstance(error, BaseExceptionGroup):
        parts = [unavailable_of(each) for each in error.exceptions]
        return parts[0] if all(parts) else None
    cause = _cause_of(error)
    outage = _outage_of(cause) or _outage_of(error)
    return None if outage is None else Unavailable(outage, _words_of(cause))


@contextmanager
def translate_failures() -> Iterator[None]:
    """Raise an `AppError` for every failure that is no bug."""
    try:
        yield
    except AppError:
        raise
    except Exception as error:
        known = unavailable_of(error)
        if known is None:
            raise
        raise known from error


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether the connection broke or the server ended it, rather than refused a statement."""
    return any(_outage_of(each) is DOWN for each in _causes(error))


def is_transient(error: BaseException) -> bool:
    """Tell whether the same work may succeed when it is done again: nothing is wrong with it."""
    return any(_outage_of(each) in {DOWN, BUSY, CONFLICTING} for each in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then the one that it was raised from, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _cause_of(error: BaseException) -> BaseException:
    """Return what the driver raised, where SQLAlchemy has wrapped it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _words_of(error: BaseException) -> str:
    """Return the first line of what an error says."""
    (line, *_) = str(error).strip().splitlines() or [type(error).__name__]
    return line


def _outage_of(error: BaseException) -> Outage | None:
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str) and sqlstate.strip("\0"):
        return SQLSTATES.get(sqlstate) or SQLSTATES.get(sqlstate[:CLASS_LENGTH])
    return _foreign(error) or _outage_without_code(error)


def _outage_without_code(error: BaseException) -> Outage | None:
    match error:
        case OSError():
            return _outage_of_system(error)
        case PoolTimeout():
            return BUSY
        case MemoryError() | duckdb.OutOfMemoryException():
            return OUT_OF_MEMORY
        case duckdb.IOException():
            is_full = any(words in str(error) for words in DISK_FULL_WORDS)
            return DISK_FULL if is_full else STORAGE_DOWN
        case _:
            return DOWN if _is_lost(error) else None


def _outage_of_system(error: OSError) -> Outage | None:
    """Where there is no number, several addresses were tried, or the time was up."""
    if isinstance(error, ConnectionError | TimeoutError | gaierror | SSLError):
        return DOWN
    return DOWN if error.errno is None else ERRNOS.get(error.errno)


def _is_lost(error: BaseException) -> bool:
    """Say of an error without a code whether the connection is lost."""
    match error:
        case InterfaceError():
            return "closed" in str(error)
        case InternalClientError() | PendingRollbackError():
            return True  # the driver, or the session, is confused by a lost connection
        case DBAPIError():
            return error.connection_invalidated
        case ArrowDriverError():
            return error.status_code in {
                AdbcStatusCode.IO,
                AdbcStatusCode.INTERNAL,
                AdbcStatusCode.TIMEOUT,
            }
        case _:
            return False


def _foreign(error: BaseException) -> Outage | None:
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((FOREIGN[name] for name in names if name in FOREIGN), None)
