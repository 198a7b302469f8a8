"""The only reader of the wall clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place
