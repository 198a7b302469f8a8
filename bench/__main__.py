"""`python -m bench`: measures, prints, writes `results.json`; exits with 1 below a bar."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from app.kit import logs
from bench import api, backfill, days, figures, growth, start
from bench.figures import Figure
from bench.world import world

NAMES = ("day", "again", "api", "growth", "backfill", "start")
WIDTH = 170
MOST_ROUNDS = 3
AGAIN = 2
"""So many published days are reported on again, and so often a small academy."""
BACKFILL_SHARE = 40
"""The backfill is measured on so much smaller an academy, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """What is to be measured, and how thoroughly."""

    only: Sequence[str]
    subscribers: int
    rounds: int
    seconds: float
    keep: Path | None = None
    backfill_subscribers: int | None = None

    @property
    def few(self) -> int:
        """So many rounds of what shows little spread."""
        return min(self.rounds, MOST_ROUNDS)


async def measure(wanted: BenchOptions, console: Console, found: list[Figure]) -> None:
    """Measure everything that is wanted, one after the other, and add it to what was found."""
    if {"day", "again", "api"}.intersection(wanted.only):
        await _on_a_month(wanted, console, found)
    if "growth" in wanted.only:
        whole = next((figure for figure in found if figure.name == days.PUBLISHED), None)
        found += await growth.measure_growth(wanted.subscribers, wanted.few, console, whole)
    if "backfill" in wanted.only:
        smaller = wanted.backfill_subscribers or max(wanted.subscribers // BACKFILL_SHARE, 1)
        async with world(smaller, backfill.DAYS, console=console) as made:
            found += await backfill.measure_backfill(made)
    if "start" in wanted.only:
        found += await start.measure_start(wanted.few)


async def _on_a_month(wanted: BenchOptions, console: Console, found: list[Figure]) -> None:
    size = (wanted.subscribers, wanted.rounds + 2)
    async with world(*size, console=console, kept=wanted.keep) as made:
        await days.prepare(made)
        if "day" in wanted.only:
            found += await days.measure_day(made, wanted.rounds)
        if "again" in wanted.only:
            found += await days.measure_again(made, AGAIN)
        if "api" in wanted.only:
            found += await api.measure_api(made, wanted.few, wanted.seconds)


def main() -> None:
    """Read the options, measure, and say whether every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--backfill-subscribers", type=int, help="a fortieth of them by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load for each figure")
    parser.add_argument("--keep", type=Path, help="a folder in which the data is kept")
    wanted = BenchOptions(**vars(parser.parse_args()))
    console = Console(stderr=True, log_path=False)
    logs.configure(level=30, as_json=False)
    found: list[Figure] = []
    try:
        asyncio.run(measure(wanted, console, found))
    finally:
        figures.show(found, Console(width=None if sys.stdout.isatty() else WIDTH))
        figures.write(found)
    sys.exit(any(figure.ok is False for figure in found))


if __name__ == "__main__":
    main()
