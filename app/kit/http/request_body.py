"""Reads a request's body within limits of size and time."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.kit.errors import AppError, Invalid


class TooLarge(AppError):
    """There is more in the body than is taken at once."""

    status = 413


class TooSlow(AppError):
    """The body did not arrive in time."""

    status = 408


async def with_body(request: Request, *, max_bytes: int, seconds: float) -> Request:
    """Return the request with its body already read.

    Raises `TooLarge`, without reading on, `TooSlow`, and `Invalid` when the client is gone.
    """
    if _declared_bytes(request) > max_bytes:
        raise _too_large(max_bytes)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise _too_large(max_bytes)
        return message

    bounded = Request(request.scope, receive)
    try:
        async with asyncio.timeout(seconds):
            await bounded.body()
    except TimeoutError:
        raise TooSlow(
            f"The body did not arrive within {seconds:g} s.", code="too_slow_body"
        ) from None
    except ClientDisconnect:
        raise Invalid("The body ended too early.", code="incomplete_body") from None
    return bounded


def _declared_bytes(request: Request) -> int:
    """Return the length that the client declares; the parser has refused what is no number."""
    return int(request.headers.get("content-length", "0"))


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"At most {max_bytes:,} bytes are taken at once.", code="too_large")
