"""A question that is asked in the background."""

import asyncio

from app.kit.errors import Fault
from app.runs.monitoring.probe import Probe, ProbeFinding

ODD = ProbeFinding(warnings=["odd"])


class Asked:
    """Answers when it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0
        self.may_answer = asyncio.Event()
        self.was_asked_again = asyncio.Event()

    async def __call__(self) -> ProbeFinding:
        """Answer."""
        self.times += 1
        if self.times > 1:
            self.was_asked_again.set()
        await self.may_answer.wait()
        return ODD


async def test_concurrent_callers_share_one_probe() -> None:
    asked = Asked()
    probe = Probe("/thing", asked, period=60)
    client = [asyncio.create_task(probe.finding()) for _ in range(20)]
    await asyncio.sleep(0)
    asked.may_answer.set()

    found = await asyncio.gather(*client)

    assert [each.warnings for each in found] == [ODD.warnings] * 20
    assert asked.times == 1


async def test_a_fresh_finding_is_answered_without_a_probe() -> None:
    asked = Asked()
    asked.may_answer.set()
    probe = Probe("/thing", asked, period=60)
    await probe.finding()
    asked.may_answer.clear()

    found = await probe.finding()

    assert (asked.times, found.warnings, found.age_seconds < 60) == (1, ODD.warnings, True)


async def test_a_stale_finding_is_probed_again() -> None:
    asked = Asked()
    asked.may_answer.set()
    probe = Probe("/thing", asked, period=0)
    await probe.finding()

    await probe.finding()

    assert asked.times == 2


async def test_a_probe_that_times_out_is_a_fault() -> None:
    probe = Probe("/thing", Asked(), period=60, patience=0.01)

    found = await probe.finding()

    assert found.faults == [Fault(pointer="/thing", message="it does not answer in time")]


async def test_probes_run_in_the_background() -> None:
    asked = Asked()
    asked.may_answer.set()
    running = asyncio.create_task(Probe("/thing", asked, period=0).run())

    async with asyncio.timeout(10):
        await asked.was_asked_again.wait()

    running.cancel()
    assert asked.times >= 2
