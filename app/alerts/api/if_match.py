"""The `If-Match` header of a change to an alert, and the `ETag` of an answer that is one alert."""

import re
from typing import Annotated

from fastapi import Header, Response

from app.alerts.actions.handler import StaleVersion
from app.kit.http.etags import headers_of

VERSION = re.compile("[0-9]{1,18}")


class IfMatch:
    """The version of the alert that the caller has read."""

    def __init__(self, response: Response, if_match: str | None) -> None:
        self._response = response
        self._if_match = (if_match or "*").strip()

    @property
    def version(self) -> int | None:
        """The version that the alert must have; None: any. Raises `StaleVersion` for no version."""
        if self._if_match == "*":
            return None
        bare = self._if_match.removeprefix("W/").strip('"').partition("-")[0]
        if VERSION.fullmatch(bare) is None:
            raise StaleVersion("If-Match names no version of the alert.", code="changed_meanwhile")
        return int(bare)

    def set_etag(self, etag: str) -> None:
        """Set the `ETag` of the answer to the changed alert."""
        set_etag(self._response, etag)


async def get_if_match(
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The `ETag` of the alert as it was read.")
    ] = None,
) -> IfMatch:
    """Read the header."""
    return IfMatch(response, if_match)


def set_etag(response: Response, etag: str) -> None:
    """Set the `ETag` of an answer that is one alert; a change names it in `If-Match`."""
    response.headers.update(headers_of(etag))
