"""Errors as `application/problem+json`, RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from app.kit.errors import AppError, Fault
from app.kit.plurals import counted

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 100
NO_JSON = "json_invalid"

Answers = dict[int | str, dict[str, Any]]


class ProblemFault(BaseModel):
    """One thing that is wrong with what was sent."""

    pointer: str = Field(
        description="A JSON Pointer into the body, or /query/..., /path/..., /header/...",
        examples=["/query/limit"],
    )
    message: str = Field(examples=["Input should be less than or equal to 1000"])


class Problem(BaseModel):
    """What went wrong, for a program (`code`) and for a person (`detail`)."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    code: str = Field(description="Stable; compare this.", examples=["invalid_request"])
    detail: str = Field(examples=["The request cannot be used."])
    errors: list[ProblemFault] = Field(default_factory=list)


class ProblemResponse(Response):
    """A problem on its way to the caller."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        content = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "errors": [{"pointer": f.pointer, "message": f.message} for f in faults],
        }
        super().__init__(
            orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}
        )


def answers(*statuses: int) -> Answers:
    """Declare the errors that a route can answer beside those that every route can."""
    return {status: {"description": HTTPStatus(status).phrase} for status in statuses}


def of_error(error: AppError) -> ProblemResponse:
    """Answer an error of ours."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return ProblemResponse(
        error.status, error.code, error.message, faults=error.faults, headers=headers
    )


def of_validation(error: RequestValidationError) -> ProblemResponse:
    """Answer a request that does not fit its parameters, without repeating what was sent."""
    faults = [_fault(each) for each in error.errors()[:MOST_FAULTS]]
    return ProblemResponse(422, "invalid_request", "The request cannot be used.", faults=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    if error["type"] == NO_JSON:
        after = counted(error["loc"][-1], "character")
        place = f"this is no JSON: {error['ctx']['error']} after {after}"
        return Fault(pointer="", message=place)
    return Fault(pointer=pointer(error["loc"]), message=error["msg"])


def pointer(location: Sequence[str | int]) -> str:
    """Write where a fault is: a JSON Pointer, which begins in the body."""
    steps = location[1:] if location and location[0] == "body" else location
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in escaped)
