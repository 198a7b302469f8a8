"""How many bad keys an address may try."""

import pytest

from app.access.attempts import (
    MAX_ADDRESSES,
    MAX_ATTEMPTS,
    SECONDS_PER_ATTEMPT,
    FailedAttempts,
)
from app.access.errors import TooManyAttempts


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def exhausted(address: str, clock: Clock) -> FailedAttempts:
    """Return attempts of which an address has used all."""
    attempts = FailedAttempts(clock)
    for _ in range(MAX_ATTEMPTS):
        attempts.count(address)
    return attempts


def test_an_address_without_attempts_is_told_how_long_to_wait() -> None:
    attempts = exhausted("192.0.2.1", Clock())

    with pytest.raises(TooManyAttempts) as refused:
        attempts.count("192.0.2.1")

    assert refused.value.retry_after_seconds == SECONDS_PER_ATTEMPT
    assert attempts.is_exhausted("192.0.2.1")
    assert not attempts.is_exhausted("192.0.2.2")


def test_an_attempt_comes_back_after_some_seconds() -> None:
    clock = Clock()
    attempts = exhausted("192.0.2.1", clock)

    clock.now += SECONDS_PER_ATTEMPT

    attempts.count("192.0.2.1")
    assert attempts.is_exhausted("192.0.2.1")


def test_the_addresses_of_one_site_share_their_attempts() -> None:
    attempts = exhausted("2001:db8::1", Clock())

    assert attempts.is_exhausted("2001:db8::ffff:2")
    assert not attempts.is_exhausted("2001:db8:0:1::1")


def test_addresses_without_end_take_no_memory_without_end() -> None:
    attempts = exhausted("192.0.2.1", Clock())

    for n in range(MAX_ADDRESSES):
        attempts.count(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")

    assert len(attempts) == MAX_ADDRESSES
    assert not attempts.is_exhausted("192.0.2.1")
