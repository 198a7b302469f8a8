"""Real processes of the command, from start to end."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.processes import packages

ENDS_WITHIN = 300
LIMITED = 'ulimit -f 1 && exec "$0" "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a process ended: its status (a killed one's is negative), what it said, how long."""

    status: int
    out: bytes
    err: str
    seconds: float


class Command:
    """`headsup` with a home, and perhaps a database, of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self._program = [sys.executable, "-m", "app"]
        self._environment = {
            "PYTHONPATH": packages(),
            "PATH": os.defpath,
            "HEADSUP_HOME": str(home),
            **environment,
        }

    def on_a_full_disk(self) -> Self:
        """Let no file grow beyond 512 bytes.

        Python compiles nothing then: it would leave its own files cut short.
        """
        self._program = ["/bin/sh", "-c", LIMITED, *self._program]
        self._environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return self

    def run(self, *words: str, kill_after: float | None = None) -> ProcessResult:
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
        return ProcessResult(status=process.returncode, out=out, err=err.decode(), seconds=seconds)

    def start(
        self, *words: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start it in a session of its own."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [*self._program, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd="/",
            env=self._environment,
            start_new_session=True,
        )
