"""How long a person waits: for the service to answer, and for the demo."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from app.settings import Settings
from bench.figures import Figure, compared
from bench.load import fetch, request
from bench.processes import answer_of, free_port, served
from bench.world import FOR_THE_SERVER, NEVER

MOST_SECONDS = 30.0
HEALTH = request("/healthz")


async def measure_start(rounds: int) -> Sequence[Figure]:
    """Start the service in a new home, then again and again; then the demo; count the imports."""
    with tempfile.TemporaryDirectory(prefix="headsup-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, FOR_THE_SERVER)
        home = Path(folder) / "home"
        environment = Settings(home=home, schedule=NEVER).environment()
        first = await _seconds(("-m", "app", "serve"), environment)
        later = [await _seconds(("-m", "app", "serve"), environment) for _ in range(rounds)]
        demo = await _seconds(("-m", "app", "demo"), environment)
    imported = [await answer_of("bench.imports") for _ in range(rounds)]
    seconds = [each["seconds"] for each in imported]
    return [
        compared("first start in a new home, to the first answer", "s", [first], []),
        compared("a later start, to the first answer", "s", later, []),
        Figure(name="demo, to the first answer", unit="s", ours=demo, at_most=MOST_SECONDS),
        compared("imports of the service", "s", seconds, []).with_parts(
            {"modules": imported[0]["modules"]}
        ),
    ]


async def _seconds(words: tuple[str, ...], environment: dict[str, str]) -> float:
    port = free_port()
    began = perf_counter()
    async with served((*words, "--port", str(port)), port, environment):
        await fetch(port, HEALTH)
        return perf_counter() - began
