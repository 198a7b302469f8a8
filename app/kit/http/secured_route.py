"""Routes that check the key before they read anything else of the request."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from app.kit.http.request_body import with_body

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 10.0

Check = Callable[[Request], Awaitable[object]]


class SecuredRoute(APIRoute):
    """A route that calls its security dependencies first, and then reads a bounded body.

    The framework reads and parses the whole body before it calls any dependency. Every router of
    the service uses this class or one derived from it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handler, checks = super().get_route_handler(), tuple(_checks(self.dependant))
        has_body = self.body_field is not None

        async def answer(request: Request) -> Response:
            for check in checks:
                await check(request)
            if has_body:
                request = await with_body(request, max_bytes=MAX_BODY_BYTES, seconds=BODY_SECONDS)
            return await handler(request)

        return answer if checks or has_body else handler


def _checks(dependant: Dependant) -> Iterator[Check]:
    for each in dependant.dependencies:
        call: object = each.call
        if isinstance(call, SecurityBase) and callable(call):
            yield call
        yield from _checks(each)
