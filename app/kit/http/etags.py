"""ETags: what an answer depends on, hashed, and whether the caller has it already."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from typing_extensions import override

from app.kit.http.secured_route import SecuredRoute

VARY = "Authorization, Accept, Accept-Encoding"
ETAG_BYTES = 16
READ = 200
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The caller has the answer: `If-None-Match` names its ETag."}
}


class TaggedRoute(SecuredRoute):
    """A route whose answers to GET carry an ETag, over what is answered if they have none yet.

    For answers that are small: they are read again, and only not sent again.
    """

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await answer(request)
            etag = response.headers.get("etag")
            if response.status_code != READ or (etag is None and is_streamed(response)):
                return response
            etag = etag or _weak(bytes(response.body))
            if is_known(request, etag):
                return not_modified(etag)
            response.headers.update(headers_of(etag))
            return response

        return tagged if "GET" in (self.methods or ()) else answer


def etag_of(*parts: object) -> str:
    """Return a weak ETag over `parts`, which are what JSON can say, days and instants."""
    return _weak(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def digest_of(content: bytes) -> str:
    """Return what stands for bytes."""
    return hashlib.sha256(content).hexdigest()[: 2 * ETAG_BYTES]


def _weak(content: bytes) -> str:
    return f'W/"{digest_of(content)}"'


def is_streamed(response: Response) -> bool:
    """Say whether an answer is written only while it is sent."""
    return "content-length" not in response.headers


def is_asked(request: Request) -> bool:
    """Say whether the caller has an answer already and asks whether it changed."""
    return "if-none-match" in request.headers


def is_known(request: Request, etag: str) -> bool:
    """Say whether the caller has the answer with this ETag."""
    given = request.headers.get("if-none-match", "")
    bare = etag.removeprefix("W/")
    return given.strip() == "*" or any(
        known.strip().removeprefix("W/") == bare for known in given.split(",")
    )


def headers_of(etag: str) -> dict[str, str]:
    """Return the headers of an answer that may be asked for again."""
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": VARY}


def not_modified(etag: str) -> Response:
    """Answer that nothing changed."""
    return Response(status_code=304, headers=headers_of(etag))


def json_answer(body: bytes, etag: str) -> Response:
    """Answer JSON that is written already."""
    return Response(body, media_type="application/json", headers=headers_of(etag))
