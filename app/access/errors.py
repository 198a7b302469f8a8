"""Errors for requests without a valid key."""

import math

from app.kit.errors import AppError


class Unauthorized(AppError):
    """There is no valid key in the request."""

    status = 401


class TooManyAttempts(AppError):
    """Too many invalid keys came from the caller's address."""

    status = 429

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many invalid keys came from this address.")
        self.retry_after_seconds = max(1, math.ceil(seconds))
