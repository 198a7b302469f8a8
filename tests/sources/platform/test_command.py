"""`headsup sync` as a shell runs it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.sources.platform.academy import Academy
from tests.sources.platform.test_defences import until_blocked
from tests.support.commands import Command

VARIABLE = "HEADSUP_PLATFORM_DATABASE_URL"


@pytest.fixture
def command(academy: Academy, tmp_path: Path) -> Command:
    settings = {"HEADSUP_DATABASE_URL": academy.own.url, VARIABLE: academy.database.url}
    return Command(tmp_path / "home", **settings)


async def test_the_command_tells_what_it_read_and_skipped(
    academy: Academy, command: Command
) -> None:
    await academy.add()
    await academy.execute("DROP TABLE assignments_assignmenttelemetry")

    ended = await asyncio.to_thread(command.run, "sync", "--full")

    assert ended.status == 0, ended.err
    assert b"subscriptions: 1 read, 1 inserted.\n" in ended.out
    assert (
        "Note: telemetry skipped: there is no table assignments_assignmenttelemetry." in ended.err
    )


async def test_the_command_exits_with_2_when_a_table_is_missing(
    academy: Academy, command: Command
) -> None:
    await academy.execute("DROP TABLE payments_subscription")

    ended = await asyncio.to_thread(command.run, "sync")

    assert ended.status == 2
    assert "there is no table payments_subscription" in ended.err


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("", 2, f"{VARIABLE} must read postgresql://user:password@host:port/name"),
        ("postgresql://a:sw0rdfish@x@127.0.0.1:1/b", 2, f"{VARIABLE} must read postgresql://"),
        ("postgresql://a:sw0rdfish@127.0.0.1:1/b", 1, "database at 127.0.0.1:1/b did not answer"),
    ],
)
async def test_an_unreachable_platform_is_explained_without_secrets(
    academy: Academy, tmp_path: Path, url: str, status: int, said: str
) -> None:
    settings = {"HEADSUP_DATABASE_URL": academy.own.url, VARIABLE: url}

    ended = await asyncio.to_thread(Command(tmp_path / "home", **settings).run, "sync")

    assert ended.status == status
    assert said in ended.err
    assert "sw0rdfish" not in ended.err


async def test_the_command_needs_the_platforms_url(academy: Academy, tmp_path: Path) -> None:
    command = Command(tmp_path / "home", HEADSUP_DATABASE_URL=academy.own.url)

    ended = await asyncio.to_thread(command.run, "sync")

    assert ended.status == 2
    assert f"{VARIABLE} is not set" in ended.err


@pytest.mark.parametrize("blocked", ["platform", "own"])
async def test_a_killed_sync_leaves_nothing(
    academy: Academy, command: Command, tmp_path: Path, blocked: str
) -> None:
    """Killed while it reads, and while it writes the last of its rows."""
    await academy.add()
    database, table = {
        "platform": (academy.database, "assignments_assignmenttelemetry"),
        "own": (academy.own, "platform_readings"),
    }[blocked]
    async with database.transaction() as holder:
        mode = "EXCLUSIVE" if blocked == "own" else "ACCESS EXCLUSIVE"
        await (await holder.connection()).execute(text(f"LOCK TABLE {table} IN {mode} MODE"))
        process = command.start("sync", "--full")
        await until_blocked(database)
        os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.communicate)

    assert await academy.everything() == []
    assert list((tmp_path / "home" / "spool").iterdir()) == []
    assert (await asyncio.to_thread(command.run, "sync")).status == 0
    assert await academy.timeline() == ["ACTIVE 03-01 00:00"]
