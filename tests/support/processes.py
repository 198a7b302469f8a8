"""Real processes that use an embedded server, and waiting for what they do."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import app
from app.sources.database import embedded_home

NOBODY = 65534
USER_OF_A_SERVER = """
import signal
import sys
from pathlib import Path
from app.sources.database.embedded_server import Server

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever started the tests may ignore it
server = Server(Path(sys.argv[1]), durable=False)
server.join()
print(server.url, flush=True)
sys.stdin.read()
server.leave()
"""


class User:
    """A process that joins the server of a home, and leaves when told to."""

    def __init__(self, home: Path, uid: int | None = None) -> None:
        python = sys.executable if uid is None else python_for_all()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [python, "-c", USER_OF_A_SERVER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PYTHONPATH": packages(), "PATH": os.defpath},
            start_new_session=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )

    def joined(self) -> str:
        """Wait until it uses the server; return the address."""
        address = pipe(self._process.stdout).readline().strip()
        assert address, pipe(self._process.stderr).read()
        return address

    def leave(self) -> int:
        """Let it end by itself; return its exit status."""
        pipe(self._process.stdin).close()
        return self._process.wait(60)

    def signal(self, number: int) -> None:
        """Send a signal to it and all that it has in its process group, as a terminal does."""
        os.killpg(self._process.pid, number)
        self._process.wait(60)

    def close(self) -> None:
        """Leave nothing of it, whatever happened."""
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe(stream).close()


@contextmanager
def user(home: Path, uid: int | None = None) -> Iterator[User]:
    """Start a process that uses the server of `home`; it is gone at the end."""
    started = User(home, uid)
    try:
        yield started
    finally:
        started.close()


@contextmanager
def process_of(uid: int) -> Iterator[int]:
    """Run a process of that user which does nothing; yield its number."""
    mine = uid == os.geteuid()
    words = ("/bin/sleep", "600")
    with subprocess.Popen(words, user=None if mine else uid) as idle:  # noqa: S603 - our own words
        try:
            yield idle.pid
        finally:
            idle.kill()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true after {seconds} seconds"
        time.sleep(0.01)


def python_for_all() -> str:
    """Return a Python that any user of the machine may start."""
    if embedded_home.private_parent(Path(sys.executable).resolve()) is None:
        return sys.executable
    found = shutil.which("python3", path="/usr/local/bin:/usr/bin")
    assert found, "no Python that an ordinary user may start"
    return found


def packages() -> str:
    """Return the folders that a plain Python needs to import the service."""
    return os.pathsep.join([str(Path(app.__file__).parents[1]), *filter(None, sys.path)])


def pipe(stream: IO[str] | None) -> IO[str]:
    """Return a stream that is known to be a pipe."""
    assert stream is not None
    return stream
