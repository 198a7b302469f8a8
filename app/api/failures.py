"""Maps exceptions to problem responses (RFC 9457), here and nowhere else."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.middleware import HEAD
from app.api.openapi import api_routes
from app.kit.errors import AppError, Fault, SourceDown
from app.kit.failures import ROOTS, unavailable_of
from app.kit.http import problems
from app.kit.http.problems import ProblemResponse

ROUTER_PROBLEMS = {
    HTTPStatus.NOT_FOUND: ("no_such_path", "There is nothing at this path."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "The path does not take this method."),
}
JSON_MEDIA_TYPE = "application/json"

log = structlog.get_logger("app.api")


async def answer_failure(request: Request, error: Exception) -> Response:
    """Answer an expected error with its problem; raise any other error again: it is a bug."""
    if isinstance(error, RequestValidationError):
        return _of_other_body(request, error) or problems.of_validation(error)
    if isinstance(error, HTTPException):
        return _of_router(request, error)
    known = unavailable_of(error)
    if known is None:
        raise error
    if isinstance(known, SourceDown):
        log.warning("request.unavailable", code=known.code, error=known.full_message)
    return problems.of_error(known)


async def answer_other(_request: Request, error: Exception) -> Response:
    """Answer an unexpected error with 500 and no details; it is raised again, for the log."""
    known = unavailable_of(error)
    if known is not None:
        return problems.of_error(known)
    return ProblemResponse(
        500,
        "internal_error",
        "Something went wrong here; the log tells what, under this request's id.",
    )


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = (
    MappingProxyType(
        {
            **dict.fromkeys(
                (AppError, HTTPException, RequestValidationError, *ROOTS), answer_failure
            ),
            Exception: answer_other,
        }
    )
)


def _of_other_body(request: Request, error: RequestValidationError) -> Response | None:
    """Return a 415 if the body is not declared as JSON and that is the fault; else None."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == JSON_MEDIA_TYPE or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if is_json or all(tuple(each["loc"]) != ("body",) for each in error.errors()):
        return None
    fault = Fault(pointer="/header/Content-Type", message=f"send {JSON_MEDIA_TYPE}")
    text = f"The body is read as JSON only, sent as {JSON_MEDIA_TYPE}."
    return ProblemResponse(415, "unsupported_media_type", text, faults=[fault])


def _of_router(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return ProblemResponse(422, "invalid_request", "The body cannot be read.")
    status = HTTPStatus(error.status_code)
    code, detail = ROUTER_PROBLEMS.get(status, (status.name.lower(), status.description))
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return ProblemResponse(status, code, detail, headers=headers)


def _methods_at(request: Request) -> set[str]:
    """Collect the methods of all routes at the path; the router names those of only one."""
    found: set[str] = set()
    for route in api_routes(request.app):
        if route.path_regex.match(request.url.path):
            found |= route.methods or set()
    return found | ({HEAD} if "GET" in found else set())
