"""Real processes of the service, each with its log; all are killed at the end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import IO
from uuid import uuid4

from app.kit.db.engine import Database
from tests.support.processes import packages, until

HEARTBEAT_SECONDS = 0.3
ENDS_WITHIN = 120


class Service:
    """A process of `headsup`, started in a session of its own."""

    def __init__(
        self, module: str, words: Sequence[str], environment: Mapping[str, str], log: IO[str]
    ) -> None:
        self.log = Path(log.name)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", module, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PYTHONPATH": packages(), "PATH": os.defpath, **environment},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def events(self, name: str) -> list[dict[str, object]]:
        """Return what it logged under that name."""
        lines = self.log.read_text("utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in found if event["event"] == name]

    def said(self, name: str) -> bool:
        """Say whether it logged something under that name; fail if it has ended before."""
        assert self._process.poll() is None, self.log.read_text("utf-8")
        return bool(self.events(name))

    @property
    def has_ended(self) -> bool:
        """Whether it is there no longer."""
        return self._process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.killpg(self.pid, number)

    def stop(self) -> int:
        """Ask it to end; return its exit status."""
        self.send(signal.SIGTERM)
        return self._process.wait(ENDS_WITHIN)

    def kill(self) -> None:
        """End it, whatever it does, and whether or not it is frozen."""
        if self._process.poll() is None:
            self.send(signal.SIGKILL)
        self._process.wait(ENDS_WITHIN)


class Services:
    """Starts processes that share one database and one home."""

    def __init__(self, database: Database, home: Path, **settings: str) -> None:
        self.home = home
        self._environment = {
            "HEADSUP_DATABASE_URL": database.url,
            "HEADSUP_HOME": str(home),
            "HEADSUP_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "HEADSUP_QUERY_THREADS": "1",
            **settings,
        }
        self.started: list[Service] = []

    def start(self, *words: str, module: str = "app") -> Service:
        """Start `headsup`, or a module that wraps it, with the given words."""
        path = self.home / f"{module}-{uuid4().hex}.log"
        with path.open("w", encoding="utf-8") as log:
            service = Service(module, words, self._environment, log)
        self.started.append(service)
        return service

    async def workers(self, count: int) -> list[Service]:
        """Start some workers and wait until all of them listen."""
        return await self._listening([self.start("worker") for _ in range(count)])

    async def serving(self, count: int) -> list[str]:
        """Start some whole services, wait until all answer; return their addresses."""
        ports = [free_port() for _ in range(count)]
        await self._listening([self.start("serve", "--port", str(port)) for port in ports])
        await asyncio.to_thread(until, lambda: all(answers(port) for port in ports), ENDS_WITHIN)
        return [f"http://127.0.0.1:{port}" for port in ports]

    async def _listening(self, started: list[Service]) -> list[Service]:
        async with asyncio.timeout(ENDS_WITHIN):
            while not all(each.said("worker.started") for each in started):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)
        return started

    def close(self) -> None:
        """Leave none of them."""
        for service in self.started:
            service.kill()


@contextmanager
def services(database: Database, home: Path, **settings: str) -> Iterator[Services]:
    """Start processes that are gone at the end; a setting is named as in the environment."""
    home.mkdir(exist_ok=True)
    started = Services(database, home, **settings)
    try:
        yield started
    finally:
        started.close()


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Say whether a service answers on a port of the loopback interface; wait while it starts."""
    connection = HTTPConnection("127.0.0.1", port, timeout=ENDS_WITHIN)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
