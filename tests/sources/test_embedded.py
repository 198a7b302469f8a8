"""The embedded server under real processes that come, go and are killed."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.sources import guard, homes
from tests.support.processes import NOBODY, process_of, until, user


@pytest.fixture
def home(short_folder: Path) -> Iterator[Path]:
    folder = short_folder / uuid4().hex[:8]
    yield folder
    guard.stop(homes.data_of(folder))
    shutil.rmtree(folder)


def served_by(home: Path) -> int | None:
    return guard.postmaster(homes.data_of(home))


async def run(address: str, statement: str) -> None:
    async with Database(address, pooled=False).engine.begin() as connection:
        await connection.execute(text(statement))


def test_the_first_starts_it_and_the_last_stops_it(home: Path) -> None:
    with user(home) as first, user(home) as second:
        assert first.joined() == second.joined()

        assert first.leave() == 0
        assert served_by(home) is not None
        assert second.leave() == 0
        assert served_by(home) is None


def test_many_at_once_share_one_server(home: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(home)) for _ in range(6)]

        addresses = {each.joined() for each in users}

        assert len(addresses) == 1
        assert [each.leave() for each in users] == [0] * 6
        assert served_by(home) is None


async def test_killing_who_started_it_takes_it_from_nobody(home: Path) -> None:
    with user(home) as first:
        address = first.joined()
        with user(home) as second:
            second.joined()
            first.signal(signal.SIGKILL)

            await run(address, "SELECT 1")
            assert second.leave() == 0
            assert served_by(home) is None


def test_killing_the_last_user_stops_it(home: Path) -> None:
    with user(home) as only:
        only.joined()
        assert served_by(home) is not None

        only.signal(signal.SIGKILL)

        until(lambda: served_by(home) is None)


def test_who_comes_while_a_killed_users_server_stops_gets_one(home: Path) -> None:
    with user(home) as killed:
        killed.joined()
        killed.signal(signal.SIGKILL)

    with user(home) as late:
        late.joined()
        assert served_by(home) is not None
        assert late.leave() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_a_signal_to_one_user_does_not_reach_the_server(home: Path, number: int) -> None:
    with user(home) as first:
        first.joined()
        with user(home) as second:
            second.joined()
            before = served_by(home)

            first.signal(number)

            assert served_by(home) == before
            assert second.leave() == 0


async def test_a_killed_server_is_started_again_with_its_data(home: Path) -> None:
    with user(home) as first:
        address = first.joined()
        await run(address, "CREATE TABLE kept (n int)")
        killed = served_by(home)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        with user(home) as second:
            second.joined()

            await run(address, "SELECT n FROM kept")
            assert served_by(home) not in {None, killed}


def test_a_pid_file_that_names_another_process_is_in_nobodys_way(home: Path) -> None:
    with user(home) as only:
        only.joined()
        file = homes.data_of(home) / "postmaster.pid"
        words = file.read_text("utf-8").partition("\n")[2]
        only.leave()
    owner = file.parent.stat().st_uid

    with process_of(owner) as pid, user(home) as late:
        file.write_text(f"{pid}\n{words}", "utf-8")

        late.joined()
        assert served_by(home) not in {None, pid}
        late.leave()


def test_a_first_start_that_was_killed_is_begun_again(home: Path) -> None:
    half_made = homes.data_of(home).with_suffix(".new")
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n", "ascii")
    home.chmod(0o755)

    with user(home) as only:
        assert only.joined()
        assert only.leave() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_needs_no_rights(home: Path) -> None:
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)

    with user(home, NOBODY) as killed, user(home, NOBODY) as living:
        assert killed.joined() == living.joined()
        assert homes.data_of(home).stat().st_uid == NOBODY
        killed.signal(signal.SIGKILL)
        assert served_by(home) is not None
        assert living.leave() == 0

    assert served_by(home) is None
