"""Headers that tell browsers what an answer may not be used for."""

from typing import Final

RawHeaders = list[tuple[bytes, bytes]]

NOTHING_MAY_LOAD = "default-src 'none'; frame-ancestors 'none'"
CONTENT_SECURITY_POLICY: Final = b"content-security-policy"
CACHE_CONTROL: Final = b"cache-control"
ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")
"""Sent over TLS alone: for a year, a browser then refuses plain HTTP."""
UNCACHED = (CACHE_CONTROL, b"no-store")
REVALIDATED = (CACHE_CONTROL, b"no-cache")


def add_security_headers(headers: RawHeaders, *, over_tls: bool) -> None:
    """Add what is missing; names must be in lower case.

    An answer that says nothing of caches is stored by none; with an ETag, it is asked for again.
    """
    names = {name for name, _ in headers}
    headers += ALWAYS
    if CONTENT_SECURITY_POLICY not in names:
        headers.append((CONTENT_SECURITY_POLICY, NOTHING_MAY_LOAD.encode()))
    if CACHE_CONTROL not in names:
        headers.append(REVALIDATED if b"etag" in names else UNCACHED)
    if over_tls:
        headers.append(ONLY_TLS)
