"""Cursors: opaque to the caller, they carry the filters, what was read, and where to go on."""

import base64
import binascii
from datetime import UTC, date, datetime
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.kit.errors import Conflict, Fault, Invalid

MOST = 2**63 - 1
Position = list[float | int | str | None]
PagedQuery = TypeVar("PagedQuery", bound=BaseModel)

PAGE_PARAMETERS = {"limit", "cursor", "count", "format"}
"""The parameters of a list that choose a part or a form of it; all others are its filters."""


class Cursor(BaseModel):
    """Where the next page begins; `digest` stands for the publications that are read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    filters: dict[str, object]
    until: date | None = None
    digest: str
    after: Position

    def encode(self) -> str:
        """Write it for a URL."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).rstrip(b"=").decode()

    def check_digest(self, digest: str) -> None:
        """Raise `Conflict` if what is read was published anew since the first page."""
        if digest != self.digest:
            raise Conflict(
                "A day of the list was published anew; begin again without the cursor.",
                code="list_changed",
            )


def filters_of(query: BaseModel) -> dict[str, object]:
    """Return the filters of a query that differ from the defaults, as a cursor carries them."""
    return query.model_dump(
        mode="json", by_alias=True, exclude=PAGE_PARAMETERS, exclude_defaults=True
    )


def resume(query: PagedQuery, text: str | None) -> tuple[PagedQuery, Cursor | None]:
    """Return the query with the filters of the cursor `text`, and that cursor, if there is one.

    Raises `Invalid` if the query itself gives a filter that is not the cursor's, be it a default.
    """
    if text is None:
        return query, None
    cursor = decode(text)
    given = query.model_dump(mode="json", by_alias=True, exclude_unset=True)
    try:
        resumed = type(query).model_validate(cursor.filters | given)
    except ValidationError:
        raise unreadable() from None
    if filters_of(resumed) != cursor.filters:
        raise _invalid("the cursor belongs to other filters; send those, or the cursor alone")
    return resumed, cursor


def decode(text: str) -> Cursor:
    """Read a cursor; raise `Invalid` if it is none of ours."""
    try:
        return Cursor.model_validate_json(base64.b64decode(_padded(text), b"-_", validate=True))
    except (ValidationError, binascii.Error, UnicodeEncodeError):
        raise unreadable() from None


def position_instant(value: object) -> datetime:
    """Read an instant of a position; raise `Invalid` if it is none, or beyond all calendars."""
    try:
        return datetime.fromisoformat(_text_of(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise unreadable() from None


def position_day(value: object) -> date:
    """Read a day of a position; raise `Invalid` if it is none."""
    try:
        return date.fromisoformat(_text_of(value))
    except ValueError:
        raise unreadable() from None


def position_number(value: object, *, most: int = MOST) -> int:
    """Read a whole number of a position; raise `Invalid` if it is none, or too large."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > most:
        raise unreadable()
    return value


def unreadable() -> Invalid:
    """Return the error for a cursor that this service did not make."""
    return _invalid("this is no cursor of this list; take it from `next_cursor`")


def not_streamed() -> Invalid:
    """Return the error for a cursor in a format that has no pages."""
    return _invalid("csv and ndjson stream all items at once, without pages")


def next_link(request: Request, cursor: str) -> str:
    """Return the `Link` header that leads to the next page."""
    url = request.url.include_query_params(cursor=cursor)
    return f'<{url.path}?{url.query}>; rel="next"'


def _text_of(value: object) -> str:
    if not isinstance(value, str):
        raise unreadable()
    return value


def _padded(text: str) -> bytes:
    return text.encode("ascii") + b"=" * (-len(text) % 4)


def _invalid(message: str) -> Invalid:
    fault = Fault(pointer="/query/cursor", message=message)
    return Invalid("The cursor cannot be used.", code="invalid_cursor", faults=[fault])
