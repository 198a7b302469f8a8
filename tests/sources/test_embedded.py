"""The embedded server under real processes that come, go and are killed."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from app.kit.errors import SourceDown
from app.sources.database import embedded_guard, embedded_home
from app.sources.database.connect import embedded
from app.sources.database.embedded_server import PID_FILES, Server
from app.sources.database.watchdog import Watchdog
from tests.support.commands import Command
from tests.support.http_client import open_client, service, token
from tests.support.processes import NOBODY, process_of, until, user
from tests.support.service_processes import answers, free_port
from tests.support.simulated_academies import simulated_sources


@pytest.fixture
def home(short_folder: Path) -> Iterator[Path]:
    folder = short_folder / uuid4().hex[:8]
    yield folder
    embedded_guard.stop(embedded_home.data_of(folder))
    shutil.rmtree(folder)


def served_by(home: Path) -> int | None:
    return embedded_guard.postmaster(embedded_home.data_of(home))


async def run(address: str, statement: str) -> None:
    async with Database(address, pooled=False).engine.begin() as connection:
        await connection.execute(text(statement))


def test_the_first_user_starts_the_server_and_the_last_stops_it(home: Path) -> None:
    with user(home) as first, user(home) as second:
        assert first.joined() == second.joined()

        assert first.leave() == 0
        assert served_by(home) is not None
        assert second.leave() == 0
        assert served_by(home) is None


def test_concurrent_users_share_one_server(home: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(home)) for _ in range(6)]

        addresses = {each.joined() for each in users}

        assert len(addresses) == 1
        assert [each.leave() for each in users] == [0] * 6
        assert served_by(home) is None


async def test_killing_the_starter_leaves_the_server_to_the_others(home: Path) -> None:
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


def test_a_user_that_joins_during_a_stop_gets_a_server(home: Path) -> None:
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


@pytest.mark.parametrize("name", PID_FILES)
def test_a_pid_file_that_names_another_process_is_in_nobodys_way(home: Path, name: str) -> None:
    with user(home) as only:
        only.joined()
        file = embedded_home.data_of(home) / name
        words = file.read_text("utf-8").partition("\n")[2]
        only.leave()
    owner = file.parent.stat().st_uid

    with process_of(owner) as pid, user(home) as late:
        file.write_text(f"{pid}\n{words}", "utf-8")

        late.joined()
        assert served_by(home) not in {None, pid}
        late.leave()


def test_a_first_start_that_was_killed_is_begun_again(home: Path) -> None:
    half_made = embedded_home.data_of(home).with_suffix(".new")
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
        assert embedded_home.data_of(home).stat().st_uid == NOBODY
        killed.signal(signal.SIGKILL)
        assert served_by(home) is not None
        assert living.leave() == 0

    assert served_by(home) is None


def killed(home: Path) -> int:
    """Kill the server; return the number of its process once that is gone."""
    server = served_by(home)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    until(lambda: served_by(home) != server)
    return server


@pytest.fixture
def running_server(home: Path) -> Iterator[Server]:
    """A server that this process uses, and that may not take long to start."""
    server = Server(home, durable=False, patience=1)
    server.join()
    yield server
    server.leave()


async def test_one_of_many_users_restarts_a_dead_server(home: Path, running_server: Server) -> None:
    other = Server(home)
    other.join()
    before = killed(home)

    revived = await asyncio.gather(
        *(asyncio.to_thread(each.revive) for each in (running_server, other))
    )

    assert sorted(revived) == [False, True]
    assert served_by(home) not in {None, before}
    await run(running_server.url, "SELECT 1")
    other.leave()
    assert served_by(home) is not None


def test_without_its_data_no_empty_one_is_started_instead(
    home: Path, running_server: Server
) -> None:
    killed(home)
    running_server.data.rename(home / "moved")

    with pytest.raises(SourceDown, match="are gone"):
        running_server.revive()

    assert not running_server.data.exists()
    (home / "moved").rename(running_server.data)


async def test_health_tells_when_it_cannot_be_started_again(
    home: Path, running_server: Server
) -> None:
    database = Database(running_server.url)
    watch = asyncio.create_task(Watchdog(running_server, database, look_seconds=0.01).run())
    needed, moved = running_server.data / "global" / "pg_control", home / "pg_control"

    async with open_client(service(database, home)) as client:
        healthy = await client.get("/healthz")
        needed.rename(moved)
        killed(home)
        await until_async(lambda: database.hopeless is not None)
        hopeless = await client.get("/healthz")
        moved.rename(needed)
        await until_async(lambda: database.hopeless is None)
        again = await client.get("/healthz")

    watch.cancel()
    await asyncio.wait({watch})
    await database.close()
    assert (healthy.status_code, again.status_code) == (200, 200)
    assert (hopeless.status_code, hopeless.json()["code"]) == (503, "restart_needed")


async def until_async(true: Callable[[], bool]) -> None:
    await asyncio.to_thread(until, true, 60)


DAYS = 14


class Serving:
    """A `headsup serve` on the embedded server, asked over HTTP whatever happens to it."""

    def __init__(self, port: int, key: str) -> None:
        self._address = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {key}"}

    def answer(self, path: str) -> httpx.Response:
        """Ask, and see that the process lives."""
        assert httpx.get(f"{self._address}/healthz", timeout=60).status_code == 200
        return httpx.get(f"{self._address}{path}", headers=self._headers, timeout=60)

    def is_fine(self, path: str) -> bool:
        return self.answer(path).status_code == 200

    def through(self) -> int:
        """Return how many days of the only run are through; -1 while nothing answers."""
        answer = self.answer("/reports/runs")
        if answer.status_code != 200 or not answer.json()["items"]:
            return -1
        (run,) = answer.json()["items"]
        return sum(count for state, count in run["days"].items() if state == "PUBLISHED")

    def is_past(self, days: int) -> bool:
        return self.through() > days

    def status(self) -> str:
        answer = self.answer("/reports/runs")
        return answer.json()["items"][0]["status"] if answer.status_code == 200 else ""


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.prove)])
async def test_a_service_outlives_its_server_and_so_does_the_run_in_hand(
    home: Path, tmp_path: Path, kills: int
) -> None:
    async with embedded(home) as url:
        database = Database(url)
        await simulated_sources(database, home, days=DAYS)
        key = await token(database)
        await database.close()
    port, log = free_port(), tmp_path / "log"
    command = Command(home, HEADSUP_HEARTBEAT_SECONDS="0.3")
    with log.open("wb") as file:
        process = command.start("serve", "--port", str(port), stderr=file.fileno())
    try:
        until(lambda: answers(port), 120)
        serving = Serving(port, key)
        for days in range(kills):
            until(partial(serving.is_past, days), 120)
            killed(home)
        until(lambda: serving.status() == "DONE", 240)

        assert serving.through() == DAYS
        until(lambda: serving.is_fine("/readyz"), 60)
        assert serving.is_fine("/churn/risk")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0, log.read_text("utf-8")
    assert log.read_text("utf-8").count("embedded_server.restarted") == kills
    assert served_by(home) is None
