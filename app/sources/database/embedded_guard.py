"""Stops the embedded server when no process uses it; runs as a separate program.

Each process that uses the server holds a shared lock on one file, which the kernel releases
however the process ends. The guard waits for an exclusive lock on it, and then stops the server.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

NEVER_A_PROCESS = 1 << 22 | 1  # above the largest number that Linux gives
PID_FILE = "postmaster.pid"
POSTMASTER_START_SECONDS = 60.0


def postmaster(data: Path) -> int | None:
    """Return the process that serves `data`; None if there is none."""
    pid = written_pid(data / PID_FILE)
    if pid is None:
        return None
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return None
    return pid if os.fsencode(data) in words else None


def written_pid(file: Path) -> int | None:
    """Return the process that a file of the server names, alive or not."""
    try:
        return int(file.read_text("utf-8").partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def stop(data: Path) -> None:
    """Stop the server of `data`, if one runs, and wait until it is gone."""
    pid = postmaster(data)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    impatient_at = time.monotonic() + POSTMASTER_START_SECONDS
    while postmaster(data) == pid:
        if time.monotonic() > impatient_at:
            os.kill(pid, signal.SIGQUIT)
        time.sleep(0.02)


def watch(users: Path, data: Path) -> None:
    """Wait until nobody holds `users`, then stop the server before anybody may hold it again."""
    with users.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        stop(data)


def detach() -> None:
    """Continue as a separate process, which holds none of its parent's files open."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    with Path(os.devnull).open("r+b") as nothing:
        for standard in (0, 1, 2):
            os.dup2(nothing.fileno(), standard)


if __name__ == "__main__":
    detach()
    watch(Path(sys.argv[1]), Path(sys.argv[2]))
