"""A page of risks, from the key and the question to the bytes that are answered."""

from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import orjson
from fastapi import Request, Response
from pydantic import ValidationError

from app.access.scopes import Key, Scope
from app.kit import cursors, etags
from app.kit.cursors import Cursor
from app.kit.errors import Conflict
from app.kit.reader import Rows
from app.kit.web import Shell
from app.reports.churn.asked import DayAsked, RiskQuery
from app.reports.churn.days import Days, bounds, find_days
from app.reports.churn.queries import PageRead

ATTEMPTS = 3
LAYOUT = 2
"""Part of every ETag: raise it when answers of the same rows look different."""

NO_FILTERS = ("limit", "cursor", "count", "format")


class Read(Protocol):
    """Reads the answer of some days."""

    def __call__(self, rows: Rows, days: Days) -> Awaitable[PageRead]:
        """Read it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question: the key that asks, what it asks for, and where the page begins."""

    key: Key
    query: DayAsked
    cursor: Cursor | None = None

    @property
    def people(self) -> bool:
        """Whether names are answered."""
        return self.key.has(Scope.PEOPLE_READ)

    @property
    def academies(self) -> list[int] | None:
        """The academies in scope."""
        return self.key.narrow(self.query.academy)

    def etag(self, days: Days, shell: Shell) -> str:
        """Return what stays the same while the answer does."""
        names = days.directory_version if self.people else None
        asked = type(self.query).__name__, self.query.model_dump(mode="json")
        return etags.etag_of(LAYOUT, str(shell.zone), days.versions, names, self.people, asked)


def resume(query: RiskQuery) -> tuple[RiskQuery, Cursor | None]:
    """Take up the filters of the cursor, if there is one; raise `Invalid` if they are others."""
    if query.cursor is None:
        return query, None
    cursor = cursors.decode(query.cursor)
    cursor.check_filters(filters_of(query))
    return continued(cursor, query.model_dump(include=set(NO_FILTERS))), cursor


def continued(cursor: Cursor, rest: dict[str, object]) -> RiskQuery:
    """Return the question that a cursor carries, with the `rest` as it is asked now."""
    try:
        return RiskQuery.model_validate(cursor.filters | rest)
    except ValidationError:
        raise cursors.unreadable() from None


def filters_of(query: DayAsked) -> dict[str, object]:
    """Return the filters that were given, as a cursor carries them."""
    return query.model_dump(mode="json", exclude=set(NO_FILTERS), exclude_defaults=True)


async def answer_read(request: Request, shell: Shell, asked: Asked, read: Read) -> Response:
    """Answer what `read` finds, made of exactly the publications that the answer names.

    Raises `Conflict` when a day was published anew since the first page.
    """
    for _ in range(ATTEMPTS):
        days = await _days_of(shell, asked)
        if etags.is_asked(request) and etags.is_known(request, etag := asked.etag(days, shell)):
            return etags.not_modified(etag)
        page = await read(shell.database.reader.rows, days)
        if page.unchanged:
            return _answer(request, shell, asked, days, page)
    raise Conflict("The days are being published just now; ask again.", code="list_changed")


async def _days_of(shell: Shell, asked: Asked) -> Days:
    """Find the days of a page; those of a cursor must be what they were."""
    until = asked.cursor.until if asked.cursor else None
    query, academies = asked.query, asked.academies
    scope = None if academies is None else tuple(academies)
    days = await shell.shared.get(
        ("days", bounds(query), query.compared_days, query.is_summed, scope, until),
        partial(find_days, shell.database.reader.rows, query, scope, until=until),
    )
    if asked.cursor is not None:
        asked.cursor.check_digest(days.digest)
    return days


def _answer(request: Request, shell: Shell, asked: Asked, days: Days, page: PageRead) -> Response:
    following = _following(asked, days, page)
    rest: dict[str, object] = {"next_cursor": following, "timezone": str(shell.zone)}
    if page.total is not None:
        rest["total"] = page.total
    body = f'{{"items":[{page.items}],"days":[{days.shown}],'.encode() + orjson.dumps(rest)[1:]
    answer = etags.json_answer(body, asked.etag(days, shell))
    if following is not None:
        answer.headers["Link"] = cursors.next_link(request, following)
    if page.total is not None:
        answer.headers["X-Total-Count"] = str(page.total)
    return answer


def _following(asked: Asked, days: Days, page: PageRead) -> str | None:
    if page.position is None:
        return None
    newest = bounds(asked.query) is None
    return Cursor(
        filters=filters_of(asked.query),
        until=days.last if newest else None,
        digest=days.digest,
        after=page.position,
    ).encode()
