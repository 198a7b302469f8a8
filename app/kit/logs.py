"""Logs: events with fields, one JSON object a line, or words for a person at a terminal.

Log records of other libraries have the same form, with the id of the request.
A traceback never shows the values of variables: one of them may be a secret.
"""

import logging
import sys

import structlog


def configure(*, level: int, as_json: bool) -> None:
    """Send our events, and other libraries' warnings, to standard error."""
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer() if as_json else plain
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    traceback = [structlog.processors.ExceptionRenderer(frames)] if as_json else []
    structlog.configure(
        processors=[*shared, *traceback, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *traceback,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[told], force=True)
