"""Failures of a day: the message that people read, and the academies that failed."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl
import structlog

from app.kit.failures import unavailable_of

UNEXPECTED = "It failed for a reason that nobody foresaw ({}); the log has the whole of it."

Failures = Mapping[int, Exception]
"""The academies whose part of a day failed, and why."""


def text_of(error: Exception, log: structlog.stdlib.BoundLogger) -> str:
    """Log an error and return the message that is stored for people."""
    known = unavailable_of(error)
    if known is not None:
        log.warning("day.failed", error=known.full_message)
        return known.message
    log.error("day.failed", exc_info=error)
    return UNEXPECTED.format(type(error).__name__)


def computed(
    frame: pl.DataFrame, compute: Callable[[pl.DataFrame], pl.DataFrame]
) -> tuple[pl.DataFrame, Failures]:
    """Compute all academies of `frame` together; when that fails, each by itself.

    Returns the rows of those that did not fail, in the order of `academy_id`. Raises what
    `compute` raises of no rows.
    """
    try:
        return compute(frame), {}
    except Exception:  # noqa: BLE001 - one failed academy does not stop the others
        return _computed_apart(frame, compute)


def _computed_apart(
    frame: pl.DataFrame, compute: Callable[[pl.DataFrame], pl.DataFrame]
) -> tuple[pl.DataFrame, Failures]:
    parts: Sequence[pl.DataFrame] = frame.sort("academy_id", maintain_order=True).partition_by(
        "academy_id", maintain_order=True
    )
    rows, failed = [compute(frame.clear())], {}
    for part in parts:
        try:
            rows.append(compute(part))
        except Exception as error:  # noqa: BLE001 - as above
            failed[int(part["academy_id"][0])] = error
    return pl.concat(rows), failed
