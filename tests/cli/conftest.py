"""The command as a user has it, and an academy to use it on."""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from app.cli.main import main
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    run_days,
    sources_of,
    subscription,
)

DAY = date(2026, 5, 20)
LEARNERS = range(1, 26)
FRAME = re.compile(r"[│╭╰╮╯─┃]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said, and the status it left with."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Standard error on one line, without the frame that usage errors are drawn in."""
        return _in_one_line(self.err)

    @property
    def words(self) -> str:
        """Standard output on one line, without the frames of tables."""
        return _in_one_line(self.out)


def _in_one_line(text: str) -> str:
    return " ".join(FRAME.sub(" ", text).split())


Headsup = Callable[..., Answer]


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Undo what the command sets for the whole process."""
    handlers, configured = logging.root.handlers[:], structlog.get_config()
    mask = os.umask(0o022)
    yield
    os.umask(mask)
    logging.root.handlers[:] = handlers
    structlog.configure(**configured)


@pytest.fixture
def headsup(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_as_before: None,  # noqa: ARG001 - for its end
) -> Headsup:
    """Run the command in this process, on a database and a home of the test's own.

    It has a thread to itself, since it brings its own event loop.
    """
    monkeypatch.delenv("HEADSUP_TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("HEADSUP_DATABASE_URL", database.url)
    monkeypatch.setenv("HEADSUP_HOME", str(tmp_path / "home"))

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["headsup", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended, ThreadPoolExecutor(1) as apart:
            apart.submit(main).result()
        said = capsys.readouterr()
        return Answer(status=int(ended.value.code or 0), out=said.out, err=said.err)

    return run


async def two_academies(database: Database, home: Path) -> None:
    """Academy 1 with 25 learners and 2 with 5, who log in on every day up to `DAY`."""
    learners = [subscription(user_id) for user_id in LEARNERS]
    others = [subscription(100 + n, academy_id=2) for n in range(5)]
    await put(database, FileKind.SUBSCRIPTIONS, [*learners, *others])
    users = [*LEARNERS, *(100 + n for n in range(5))]
    days = [DAY - timedelta(days=back) for back in range(15)]
    logins = [event(user_id, noon(day)) for user_id in users for day in days]
    await put_activity(sources_of(database, home), logins)


async def published(database: Database, home: Path) -> None:
    """The same, with `DAY` and the day before reported on."""
    await two_academies(database, home)
    await run_days(sources_of(database, home), DAY - timedelta(days=1), DAY)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
