"""The command as a shell runs it: redirected, piped, interrupted."""

import os
import pty
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from tests.cli.conftest import DAY, published, two_academies
from tests.support.commands import Command
from tests.support.databases import Copies
from tests.support.processes import until

EXPORT = ("export", "churn", "--date", str(DAY))


@pytest.fixture
async def command(copies: Copies, tmp_path: Path) -> AsyncIterator[Command]:
    """The command, on two academies that nobody has reported on."""
    home = tmp_path / "home"
    async with copies.of(two_academies, home) as database:
        yield Command(home, HEADSUP_DATABASE_URL=database.url)


@pytest.fixture
async def command_with_rows(copies: Copies, tmp_path: Path) -> AsyncIterator[Command]:
    """The command, where there is something to export."""
    home = tmp_path / "home"
    async with copies.of(published, home) as database:
        yield Command(home, HEADSUP_DATABASE_URL=database.url)


def test_the_answer_goes_to_one_stream_and_progress_to_the_other(command: Command) -> None:
    ended = command.run("generate-report", "churn", "--date", str(DAY))

    assert ended.status == 0
    assert ended.err.startswith(f"{DAY}  published, 30 rows, ")
    assert b"DONE: 1 day (1 published), 30 rows" in ended.out
    assert b"\x1b" not in ended.out
    assert "\x1b" not in ended.err


def test_a_refusal_exits_with_2_and_no_traceback(command: Command) -> None:
    ended = command.run("generate-report", "nothing")

    assert (ended.status, ended.out) == (2, b"")
    assert ended.err == "Error: There is no report 'nothing'. There is: churn.\n"


def test_an_export_is_added_to_a_file_that_already_holds_something(
    command_with_rows: Command, tmp_path: Path
) -> None:
    target = tmp_path / "all.csv"
    target.write_bytes(b"before\n")
    with target.open("ab") as file:
        process = command_with_rows.start(*EXPORT, stdout=file.fileno())
        process.communicate()

    assert process.returncode == 0
    lines = target.read_text("utf-8").splitlines()
    assert lines[0] == "before"
    assert lines[1].startswith("report_date,academy_id,user_id,")
    assert len(lines) == 32


def test_parquet_goes_through_a_pipe(command_with_rows: Command) -> None:
    ended = command_with_rows.run(*EXPORT, "--format", "parquet")

    assert ended.status == 0
    assert (ended.out[:4], ended.out[-4:]) == (b"PAR1", b"PAR1")


def test_a_reader_that_has_seen_enough_causes_no_traceback(command_with_rows: Command) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = command_with_rows.start(*EXPORT, stdout=writing)
    os.close(writing)

    _, err = process.communicate()

    assert process.returncode == 1
    assert b"Traceback" not in err


def test_a_full_disk_is_said_in_a_sentence(command_with_rows: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        process = command_with_rows.start(*EXPORT, stdout=full.fileno())
        _, err = process.communicate()

    assert process.returncode == 1
    assert b"Error: The answer cannot be written: [Errno 28] No space left on device" in err
    assert b"Traceback" not in err


def test_on_a_terminal_the_days_are_a_bar(command: Command) -> None:
    screen, terminal = pty.openpty()
    process = command.start("generate-report", "churn", "--date", str(DAY), stderr=terminal)
    os.close(terminal)

    out, _ = process.communicate()
    drawn = os.read(screen, 1 << 16)
    os.close(screen)

    assert process.returncode == 0
    assert b"1/1" in drawn
    assert b"\x1b" in drawn
    assert b"\x1b" not in out


def test_ctrl_c_stops_a_run_which_the_same_command_goes_on_with(
    command: Command, tmp_path: Path
) -> None:
    words = ("generate-report", "churn", "--days-back", "25")
    said = tmp_path / "said"
    with said.open("wb") as file:
        process = command.start(*words, stderr=file.fileno())
        until(lambda: b"rows" in said.read_bytes(), 120)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
    before = said.read_text("utf-8").splitlines()

    ended = command.run(*words)

    assert process.returncode == 130
    assert before.pop() == "Stopped."
    assert ended.status == 0
    assert {line.split()[0] for line in before}.isdisjoint(
        line.split()[0] for line in ended.err.splitlines()
    )
    assert b"DONE: 25 days (25 published)" in ended.out


def test_a_server_that_cannot_start_says_why_in_one_sentence(tmp_path: Path) -> None:
    lost = Command(tmp_path / "home", HEADSUP_DATABASE_URL="postgresql://me:secret@127.0.0.1:9/x")

    ended = lost.run("serve", "--port", "0")

    assert ended.status == 1
    assert "Error: Postgres at 127.0.0.1:9/x did not answer" in ended.err
    assert "Traceback" not in ended.err
    assert "secret" not in ended.err


def test_a_schedule_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    unusable = Command(tmp_path, HEADSUP_DATABASE_URL="postgresql://", HEADSUP_SCHEDULE="daily")

    ended = unusable.run("serve", "--port", "0")

    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("Error: HEADSUP_SCHEDULE is 'daily', which is no cron expression")


@pytest.mark.parametrize("words", ["serve --port 0", "worker"])
async def test_an_older_version_does_not_start_on_a_newer_database(
    database: Database, tmp_path: Path, words: str
) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_tomorrow'"))

    ended = Command(tmp_path, HEADSUP_DATABASE_URL=database.url).run(*words.split())

    assert ended.status == 1
    assert "The database is newer than this version of Headsup" in ended.err
