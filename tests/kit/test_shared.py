"""One reading for all who ask at the same time, and nothing older than the question."""

import asyncio

import pytest

from app.kit.concurrency.single_flight import SingleFlight


class Readings:
    """Readings that end when told to; each answers its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def read(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        return number


async def _ask(shared: SingleFlight, readings: Readings, key: str = "days") -> asyncio.Task[int]:
    task = asyncio.create_task(shared.get(key, readings.read))
    for _ in range(3):
        await asyncio.sleep(0)
    return task


async def test_a_caller_during_a_flight_shares_the_next_one() -> None:
    shared, readings = SingleFlight(), Readings()
    first = await _ask(shared, readings)
    others = [await _ask(shared, readings) for _ in range(5)]
    begun_meanwhile = readings.begun
    readings.may_end.set()

    assert await first == 1
    assert begun_meanwhile == 1
    assert [await other for other in others] == [2] * 5


async def test_other_keys_do_not_wait() -> None:
    shared, readings = SingleFlight(), Readings()
    tasks = [await _ask(shared, readings, key) for key in ("days", "other days")]

    assert readings.begun == len(tasks)
    readings.may_end.set()
    assert [await task for task in tasks] == [1, 2]


async def test_all_callers_of_a_failed_flight_get_its_error() -> None:
    async def fail() -> int:
        raise ConnectionError

    shared = SingleFlight()
    asked = [shared.get("days", fail) for _ in range(2)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError] * 2
    assert await shared.get("days", answer_one) == 1


async def test_a_cancelled_caller_does_not_cancel_the_others() -> None:
    shared, readings = SingleFlight(), Readings()
    impatient, patient = await _ask(shared, readings), await _ask(shared, readings)
    impatient.cancel()
    readings.may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await patient == 2


async def answer_one() -> int:
    return 1
