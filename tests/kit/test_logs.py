"""What is logged, by us and by the libraries that we use."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from app.kit import logs


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What is logged as JSON, in a request; afterwards all is as it was."""
    root, told = logging.getLogger(), StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    logs.configure(level=logging.INFO, as_json=True)
    with structlog.contextvars.bound_contextvars(request_id="mine"):
        yield told
    structlog.reset_defaults()


def test_library_logs_carry_the_request_id(log_lines: StringIO) -> None:
    unsaid = "of nobody's business"
    try:
        int(unsaid[:0])
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it broke")

    event = json.loads(log_lines.getvalue())
    assert (event["event"], event["level"], event["logger"]) == (
        "it broke",
        "error",
        "uvicorn.error",
    )
    assert event["request_id"] == "mine"
    assert event["exception"][0]["exc_type"] == "ValueError"
    assert unsaid not in log_lines.getvalue()


async def test_logs_show_no_statement_parameters(session: AsyncSession) -> None:
    connection = await session.connection()

    with pytest.raises(DBAPIError) as failed:
        await connection.execute(text("SELECT 1 / CAST(:name AS integer)"), {"name": 0})

    assert "SELECT 1" in str(failed.value)
    assert "[parameters" not in str(failed.value)
