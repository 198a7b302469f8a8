"""Logs: events with fields, one JSON object a line, or words for a person at a terminal."""

import logging
import sys

import structlog


def configure(*, level: int, as_json: bool) -> None:
    """Send our events, and other libraries' warnings, to standard error."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    traceback = [structlog.processors.dict_tracebacks] if as_json else []
    structlog.configure(
        processors=[*shared, *traceback, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
