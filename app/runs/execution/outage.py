"""What keeps a worker from its queue: logged once, and waited out longer each time."""

import structlog

from app.kit.failures import is_connection_lost

FIRST_SECONDS = 1.0
MOST_SECONDS = 30.0
LOST = "ConnectionLost"
"""All that a server says while it stops and starts counts as one reason."""

log = structlog.get_logger()


class Outage:
    """A time in which the queue cannot be read; it is on from the first failure to the end."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._seconds = FIRST_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether the queue could not be read the last time."""
        return self._reason is not None

    def go_on(self, error: Exception) -> float:
        """Log the error if the one before was another; return the seconds to wait."""
        is_lost = is_connection_lost(error)
        reason = LOST if is_lost else type(error).__name__
        if reason != self._reason and is_lost:
            log.warning("worker.disconnected", error=type(error).__name__)
        elif reason != self._reason:
            log.error("worker.failed", exc_info=error)
        seconds = self._seconds
        self._reason, self._seconds = reason, min(2 * seconds, MOST_SECONDS)
        return seconds

    def end(self) -> None:
        """Log that the queue can be read again, if it could not."""
        if self.is_on:
            log.info("worker.recovered", reason=self._reason)
        self._reason, self._seconds = None, FIRST_SECONDS
