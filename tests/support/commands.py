"""Real processes of the command, from start to end."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import packages

ENDS_WITHIN = 300
LIMITED = 'ulimit -f "$0" && exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended: its status (a killed one's is negative), what it said, how long."""

    status: int
    out: bytes
    err: str
    seconds: float


class Command:
    """`headsup` with a home, and perhaps a database, of its own.

    Its files may grow to so many blocks of 512 bytes, as on a disk that is nearly full. Python
    compiles nothing there: it would leave its own files cut short.
    """

    def __init__(self, home: Path, *, file_blocks: int | None = None, **environment: str) -> None:
        limit = "unlimited" if file_blocks is None else str(file_blocks)
        self._limited = ["/bin/sh", "-c", LIMITED, limit, sys.executable, "-m", "app"]
        self._environment = {
            "PYTHONPATH": packages(),
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1" if file_blocks else "",
            "HEADSUP_HOME": str(home),
            **environment,
        }

    def run(self, *words: str, kill_after: float | None = None) -> Ended:
        """Run it to its end, or kill it with all that it started after so many seconds."""
        began = time.monotonic()
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=kill_after or ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            assert kill_after is not None, err.decode()
        seconds = time.monotonic() - began
        return Ended(status=process.returncode, out=out, err=err.decode(), seconds=seconds)

    def start(
        self, *words: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start it in a session of its own."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [*self._limited, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd="/",
            env=self._environment,
            start_new_session=True,
        )
