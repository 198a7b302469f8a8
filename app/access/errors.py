"""What is answered to who has no key, or none that is valid."""

from app.kit.errors import AppError


class Unauthorized(AppError):
    """There is no valid key in the request."""

    status = 401
