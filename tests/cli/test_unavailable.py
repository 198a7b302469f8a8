"""A command that cannot go on says so in a sentence, and what to do, and leaves with 1."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from app.kit.db.engine import Database
from tests.cli.conftest import DAY, Headsup, published
from tests.support.commands import Command
from tests.support.databases import Copies
from tests.support.tcp_proxy import table_lock, terminate_waiting_backends

LOST = "The database does not answer, or the connection to it is lost"


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ("generate-report churn --date 2026-05-20", "report_runs"),
        ("plan churn --date 2026-05-20", "report_days"),
        ("import users {users}", "users"),
        ("export churn --date 2026-05-20", "churn_risk_reports"),
        ("alerts list", "alerts"),
        ("keys list", "api_keys"),
    ],
)
async def test_a_database_that_goes_away_meanwhile(
    headsup: Headsup, database: Database, tmp_path: Path, words: str, table: str
) -> None:
    users = tmp_path / "users.csv"
    users.write_text("id,full_name\n1,Ada\n", "utf-8")

    async with asyncio.timeout(60), table_lock(database, table):
        command = asyncio.create_task(
            asyncio.to_thread(headsup, *words.format(users=users).split())
        )
        while not command.done():
            await terminate_waiting_backends(database)
        answer = await command

    assert answer.status == 1
    assert answer.err.startswith(f"Error: {LOST} (")
    assert answer.err.count("\n") == 1


async def test_doctor_looks_at_a_database_that_goes_away_meanwhile(
    headsup: Headsup, database: Database
) -> None:
    async with asyncio.timeout(60), table_lock(database, "users"):
        command = asyncio.create_task(asyncio.to_thread(headsup, "doctor"))
        while not command.done():
            await terminate_waiting_backends(database)
        answer = await command

    assert (answer.status, answer.err) == (1, "")
    assert f"WRONG database {LOST}" in answer.words


def check(status: int, err: str) -> None:
    """Check that a command failed with one sentence about a full disk."""
    assert status == 1
    assert err.startswith("Error: ")
    assert "File too large" in err
    assert err.count("\n") == 1


@pytest.fixture
async def command_on_full_disk(copies: Copies, tmp_path: Path) -> AsyncIterator[Command]:
    """The command on published days, where no file may hold more than 512 bytes."""
    home = tmp_path / "home"
    async with copies.of(published, home) as database:
        yield Command(home, HEADSUP_DATABASE_URL=database.url).on_a_full_disk()


def test_an_import_that_finds_no_room(command_on_full_disk: Command, tmp_path: Path) -> None:
    rows = [f"{n},1,login,2026-05-20T10:00:00Z" for n in range(1000)]
    activity = tmp_path / "activity.csv"
    activity.write_text("\n".join(["id,user_id,kind,timestamp", *rows]), "utf-8")

    ended = command_on_full_disk.run("import", "activity", str(activity))

    check(ended.status, ended.err)


def test_an_export_that_finds_no_room(command_on_full_disk: Command, tmp_path: Path) -> None:
    ended = command_on_full_disk.run(
        "export", "churn", "--date", str(DAY), "-o", str(tmp_path / "risks.csv")
    )

    check(ended.status, ended.err)
    assert list(tmp_path.glob("*risks*")) == []


@pytest.fixture
async def read_only(database: Database) -> Database:
    """A database that says no to writes, as a standby does."""
    name = make_url(database.url).database
    async with database.engine.begin() as connection:
        await connection.execute(
            text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        )
    return database


@pytest.mark.parametrize("words", ["generate-report churn --date 2026-05-20", "serve --port 0"])
async def test_a_database_that_can_only_be_read(
    read_only: Database, tmp_path: Path, words: str
) -> None:
    command = Command(tmp_path / "home", HEADSUP_DATABASE_URL=read_only.url)

    ended = await asyncio.to_thread(command.run, *words.split())

    lines = [line for line in ended.err.splitlines() if not line.startswith("{")]
    assert ended.status == 1
    assert len(lines) == 1
    assert lines[0].startswith("Error: The database can only be read (")
