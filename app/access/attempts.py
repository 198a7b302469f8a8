"""Limits how many invalid keys one client address may try."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from app.access.errors import TooManyAttempts

MAX_ATTEMPTS = 20
SECONDS_PER_ATTEMPT = 3.0
"""After `MAX_ATTEMPTS` invalid keys an address may try one more after each interval of this."""
MAX_ADDRESSES = 10_000
IPV6_SITE_BITS = 64


class FailedAttempts:
    """A token bucket of attempts for each address, refilled as time passes.

    A bucket is stored as the time at which it will be full again. An address that is evicted,
    because too many others came after it, starts with a full bucket.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        self._monotonic = monotonic
        self._max_attempts = max_attempts
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def is_exhausted(self, address: str) -> bool:
        """Say whether an address has no attempt left."""
        return self._wait(site_of(address)) > 0

    def count(self, address: str) -> None:
        """Take an attempt from an address; raise `TooManyAttempts` if there is none left."""
        site = site_of(address)
        wait = self._wait(site)
        if wait > 0:
            raise TooManyAttempts(wait)
        now = self._monotonic()
        self._full_at[site] = max(now, self._full_at.get(site, now)) + SECONDS_PER_ATTEMPT
        self._full_at.move_to_end(site)
        if len(self._full_at) > MAX_ADDRESSES:
            self._full_at.popitem(last=False)

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._full_at)

    def _wait(self, site: str) -> float:
        """Return the seconds until the next attempt."""
        full_at = self._full_at.get(site, 0.0)
        return full_at - self._monotonic() - (self._max_attempts - 1) * SECONDS_PER_ATTEMPT


def site_of(address: str) -> str:
    """Return the address itself, or for IPv6 the /64 network that it belongs to."""
    try:
        network = ipaddress.IPv6Network((address, IPV6_SITE_BITS), strict=False)
    except ValueError:
        return address
    return str(network)
