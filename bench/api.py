"""What the service answers in a second, beside a bare route that answers the same bytes."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from statistics import median

from bench.figures import Figure, compared
from bench.load import Load
from bench.processes import report
from bench.requests import Target, bare, service
from bench.world import World

MOST_MILLISECONDS = 5.0
ONE_BY_ONE = (
    "risk",
    "risk of all academies",
    "summary",
    "trend over a year",
    "trend of all academies",
    "history",
    "movers",
    "alerts",
)
FOR_ONE = ("movers",)
"""Takes seconds: sixteen at once would only say that it takes sixteen times as long."""
BARS = {"summary": MOST_MILLISECONDS, "trend over a year": MOST_MILLISECONDS}


async def measure_api(made: World, rounds: int, seconds: float) -> Sequence[Figure]:
    """Ask for everything that dashboards read; last, while another day is being published."""
    newest = await made.newest()
    figures: list[Figure] = []
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(service(made, newest, seconds))
        reference = await stack.enter_async_context(bare(made, newest, ours))
        await ours.load("risk")
        await reference.load("risk")
        figures += await _against_bare(ours, reference, rounds)
        figures += await _unchanged(ours, rounds)
        figures += [await _one_by_one(ours, name, rounds) for name in ONE_BY_ONE]
        unpublished = made.day(made.days - 1)
        if newest < unpublished:
            figures.append(await _while_publishing(made, ours, unpublished))
    return figures


async def _against_bare(ours: Target, reference: Target, rounds: int) -> Sequence[Figure]:
    pairs = [(await ours.load("risk"), await reference.load("risk")) for _ in range(rounds)]
    us, them = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    speed = compared("risk, 16 connections", "req/s", _speeds(us), _speeds(them), at_least=0.8)
    slow = [load.p99 for load in us], [load.p99 for load in them]
    return [speed, compared("risk, 16 connections, p99", "ms", *slow)]


async def _unchanged(ours: Target, rounds: int) -> Sequence[Figure]:
    pairs = [
        (await ours.load("unchanged", status=304), await ours.load("nothing"))
        for _ in range(rounds)
    ]
    us, them = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    name = "risk, matching ETag, by a no-op route"
    return [compared(name, "req/s", _speeds(us), _speeds(them), at_least=0.5)]


async def _one_by_one(ours: Target, name: str, rounds: int) -> Figure:
    """Ask over one connection, when nothing else is going on; and once over sixteen."""
    loads = [await ours.load(name, connections=1) for _ in range(rounds)]
    figure = compared(
        f"{name}, p50", "ms", [load.p50 for load in loads], [], at_most=BARS.get(name)
    )
    parts = {
        "p99": max(load.p99 for load in loads),
        "req/s": median(load.requests_a_second for load in loads),
        "KB": loads[0].body_bytes / 1000,
    }
    if name not in FOR_ONE:
        crowd = await ours.load(name)
        parts |= {
            "req/s of 16": crowd.requests_a_second,
            "p50 of 16": crowd.p50,
            "p99 of 16": crowd.p99,
        }
    return figure.with_parts(parts)


async def _while_publishing(made: World, ours: Target, day: date) -> Figure:
    """Ask while a day is published: readers must not wait for it."""
    publishing = asyncio.create_task(report(made, day))
    loads: list[Load] = []
    while not publishing.done():
        loads.append(await ours.load("risk", connections=1))
    ran = await publishing
    slow = [load.p99 for load in loads]
    figure = compared("risk while a day is published, p99", "ms", slow, [])
    return figure.with_parts({"publication s": ran.seconds, "p50": loads[0].p50})


def _speeds(loads: Sequence[Load]) -> Sequence[float]:
    return [load.requests_a_second for load in loads]
