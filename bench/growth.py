"""Ten times as many subscribers, and ten times as many again: no more than ten times the time."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from rich.console import Console

from bench import days
from bench.figures import Figure
from bench.processes import report
from bench.world import world

SHARES = (100, 10)
"""So much smaller academies are reported on as well."""


async def measure_growth(
    subscribers: int, rounds: int, console: Console, whole: Figure | None
) -> Sequence[Figure]:
    """Publish days of smaller academies; compare each with the one that is ten times as large.

    `whole` is the day of all `subscribers`, if that was measured.
    """
    sizes = [subscribers // share for share in SHARES]
    seconds = [await _day_of(size, rounds, console) for size in sizes]
    if whole is not None:
        sizes.append(subscribers)
        seconds.append(whole.ours)
    days_of = list(zip(sizes, seconds, strict=True))
    return [
        Figure(
            name=f"day of {large:,} by a day of {small:,}",
            unit="times as long",
            ours=slow / quick,
            reference=large / small,
            at_most=1.0,
            parts={f"{small:,}, s": quick, f"{large:,}, s": slow},
        )
        for (small, quick), (large, slow) in pairwise(days_of)
    ]


async def _day_of(subscribers: int, rounds: int, console: Console) -> float:
    """Return the median seconds until a day is published."""
    async with world(subscribers, rounds + 1, console=console) as made:
        await days.prepare(made)
        ran = [await report(made, made.day(number)) for number in range(1, rounds + 1)]
    return median(each.published_seconds for each in ran)
