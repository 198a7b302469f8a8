"""ETags: what an answer depends on, hashed, and whether the caller has it already."""

import hashlib
from typing import Any

import orjson
from fastapi import Request, Response

VARY = "Authorization, Accept, Accept-Encoding"
ETAG_BYTES = 16
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The caller has the answer: `If-None-Match` names its ETag."}
}


def etag_of(*parts: object) -> str:
    """Return a weak ETag over `parts`, which are what JSON can say, days and instants."""
    digest = hashlib.sha256(
        orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    )
    return f'W/"{digest.hexdigest()[: 2 * ETAG_BYTES]}"'


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
