"""A question that is asked in the background, so that its answer costs a request nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from app.kit.errors import Fault

PROBE_PATIENCE_SECONDS = 5.0
PERIODS_UNTIL_OLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFinding:
    """What a probe found: what is wrong, what somebody should look at, and how old this is."""

    faults: Sequence[Fault] = ()
    warnings: Sequence[str] = ()
    age_seconds: float = 0.0


class Probe:
    """Asks `ask` every `period` seconds while `run` runs, and never twice at the same time.

    `pointer` names what is asked, in the fault of a probe that does not answer any more.
    """

    def __init__(
        self,
        pointer: str,
        ask: Callable[[], Awaitable[ProbeFinding]],
        *,
        period: float,
        patience: float = PROBE_PATIENCE_SECONDS,
    ) -> None:
        self._pointer = pointer
        self._ask = ask
        self._period = period
        self._patience = patience
        self._asking: asyncio.Task[None] | None = None
        self._last: tuple[float, ProbeFinding] | None = None

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await asyncio.wait([self._asked()])
            await asyncio.sleep(self._period)

    async def finding(self) -> ProbeFinding:
        """Return the last finding; wait a little for the next one where that is too old."""
        if not self._is_fresh():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await asyncio.shield(self._asked())
        if self._last is None or not self._is_fresh(self._patience):
            fault = Fault(pointer=self._pointer, message="it does not answer in time")
            return ProbeFinding(faults=[fault])
        at, found = self._last
        return replace(found, age_seconds=time.monotonic() - at)

    def _asked(self) -> asyncio.Task[None]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._keep())
        return self._asking

    async def _keep(self) -> None:
        found = await self._ask()
        self._last = time.monotonic(), found

    def _is_fresh(self, grace_seconds: float = 0.0) -> bool:
        if self._last is None:
            return False
        age = time.monotonic() - self._last[0]
        return age <= PERIODS_UNTIL_OLD * self._period + grace_seconds
