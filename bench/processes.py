"""Processes that measure themselves, and servers that are measured."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

from bench.worker import Ran
from bench.world import World

ROOT = Path(__file__).parents[1]


async def answer_of(module: str, *words: str) -> dict[str, Any]:
    """Run a module of the bench; return the JSON of its last line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, cwd=ROOT, stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(words)} ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


async def report(
    made: World, first: date, last: date | None = None, *, academy: int | None = None
) -> Ran:
    """Report on some days in a process of its own, after a checkpoint."""
    await made.execute("CHECKPOINT")
    scope = () if academy is None else ("--academy", str(academy))
    words = (str(made.settings.home), str(first), str(last or first))
    ran = Ran(**await answer_of("bench.worker", *words, *scope))
    if ran.status != "DONE":
        raise RuntimeError(f"The run of {first} ended as {ran.status}")
    return ran


@asynccontextmanager
async def served(
    words: tuple[str, ...], port: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a server for as long as the context lasts; it listens when the context is entered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment
    )
    try:
        await listening(port, process)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listening(port: int, process: asyncio.subprocess.Process) -> None:
    """Return when the port answers; raise `RuntimeError` if the process ends before."""
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise RuntimeError(f"The server ended with {process.returncode}")


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
