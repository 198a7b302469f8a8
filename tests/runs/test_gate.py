"""Which days are published, held, or published with a warning."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from app.runs.ledger.quality_gate import (
    DayState,
    GateDecision,
    LedgerDay,
    Verdict,
    VolumePolicy,
    is_missed,
    judge_volume,
)

DAY = date(2024, 3, 14)
POLICY = VolumePolicy(mean_days=13)
OK, LOW, HOLE = Verdict.OK, Verdict.LOW_VOLUME, Verdict.WINDOW_HOLE
PUBLISHED, HELD, ERROR = DayState.PUBLISHED, DayState.HELD, DayState.ERROR


def ledger_day(back: int, **changes: object) -> LedgerDay:
    row = {
        "report_date": DAY - timedelta(days=back),
        "state": PUBLISHED,
        "verdict": OK,
        "active": 100,
    }
    return LedgerDay(**(row | changes))  # type: ignore[arg-type]


def held(back: int, active: int = 3) -> LedgerDay:
    return ledger_day(back, state=HELD, verdict=LOW, active=active)


def ordinary(*, days: int = 13, but: Sequence[LedgerDay] = ()) -> Sequence[LedgerDay]:
    rows = {row.report_date: row for row in [ledger_day(back) for back in range(1, days + 1)]}
    return list((rows | {row.report_date: row for row in but}).values())


def seen(active: int, before: int = 100) -> Sequence[int]:
    return [active, *[before] * 13]


def decide(
    active: int,
    ledger: Sequence[LedgerDay],
    *,
    live: int = 200,
    min_ratio: float = 0.2,
    force: bool = False,
) -> GateDecision:
    return judge_volume(
        DAY,
        seen(active),
        ledger,
        live=live,
        policy=VolumePolicy(mean_days=13, min_ratio=min_ratio),
        force=force,
    )


def test_without_a_policy_every_day_is_published() -> None:
    judgement = judge_volume(DAY, seen(0), ordinary(), live=0, policy=None)

    assert (judgement.state, judgement.verdict) == (PUBLISHED, OK)


@pytest.mark.parametrize(
    ("active", "but", "state", "verdict"),
    [
        pytest.param(100, [], PUBLISHED, OK, id="an ordinary day"),
        pytest.param(20, [], PUBLISHED, OK, id="exactly the ratio"),
        pytest.param(19, [], HELD, LOW, id="just below the ratio"),
        pytest.param(0, [], HELD, LOW, id="nobody"),
        pytest.param(3, [held(1)], HELD, LOW, id="the second low day"),
        pytest.param(3, [held(1), held(2)], PUBLISHED, LOW, id="the third low day"),
        pytest.param(3, [held(2), held(3)], HELD, LOW, id="held days with a good one since"),
        pytest.param(3, [held(1), held(3)], HELD, LOW, id="held days that are no row"),
        pytest.param(
            3, [ledger_day(1, verdict=LOW), held(2), held(3)], PUBLISHED, LOW, id="the fourth"
        ),
        pytest.param(
            3, [ledger_day(1, verdict=HOLE), ledger_day(2, verdict=LOW)], HELD, LOW, id="low again"
        ),
        pytest.param(3, [ledger_day(1, state=ERROR, verdict=LOW)], HELD, LOW, id="after a failure"),
        pytest.param(100, [held(1)], PUBLISHED, HOLE, id="held yesterday"),
        pytest.param(100, [held(6)], PUBLISHED, HOLE, id="held six days ago"),
        pytest.param(100, [held(7)], PUBLISHED, OK, id="held a week ago"),
        pytest.param(100, [ledger_day(6, verdict=LOW)], PUBLISHED, HOLE, id="a quiet day"),
        pytest.param(100, [ledger_day(1, verdict=HOLE)], PUBLISHED, OK, id="holes do not spread"),
        pytest.param(3, [held(1), held(2), held(5)], PUBLISHED, LOW, id="low comes before hole"),
        pytest.param(
            100, [ledger_day(1, state=ERROR, verdict=None, active=None)], PUBLISHED, OK, id="failed"
        ),
    ],
)
def test_a_day_is_judged_by_its_volume_and_the_days_before(
    active: int, but: Sequence[LedgerDay], state: DayState, verdict: Verdict
) -> None:
    judgement = decide(active, ordinary(but=but))

    assert (judgement.state, judgement.verdict) == (state, verdict)


@pytest.mark.parametrize(
    ("ledger", "window", "state"),
    [
        pytest.param([], [0, *[20] * 13], HELD, id="a mean of 20 is judged"),
        pytest.param([], [0, 19, *[20] * 12], PUBLISHED, id="a mean below 20 is not"),
        pytest.param([], [30, 1000, 1000, *[0] * 11], HELD, id="a young academy"),
        pytest.param([], [31, 1000, 1000, *[0] * 11], PUBLISHED, id="young, zeros count"),
        pytest.param([], [5, 250, *[0] * 12], PUBLISHED, id="a single day before it"),
        pytest.param(ordinary(days=6), [30, *[1000] * 13], HELD, id="six days are too few"),
        pytest.param(ordinary(days=7), [30, *[1000] * 13], PUBLISHED, id="seven are enough"),
        pytest.param(
            ordinary(days=13, but=[held(n) for n in range(3, 10)]),
            [30, *[1000] * 13],
            HELD,
            id="held days are none of the seven",
        ),
        pytest.param(
            [ledger_day(60 - n) for n in range(7)], [30, *[1000] * 13], PUBLISHED, id="60 days back"
        ),
        pytest.param(
            [ledger_day(61 - n) for n in range(7)], [30, *[1000] * 13], HELD, id="61 days back"
        ),
        pytest.param(
            [*ordinary(days=13), *[ledger_day(n, active=10_000) for n in range(14, 20)]],
            [30, *[1000] * 13],
            PUBLISHED,
            id="only the last thirteen",
        ),
        pytest.param(
            [ledger_day(-n, active=10_000) for n in range(13)],
            [30, *[100] * 13],
            PUBLISHED,
            id="neither the day itself nor a later one",
        ),
    ],
)
def test_a_day_is_compared_with_the_mean_of_its_last_days(
    ledger: Sequence[LedgerDay], window: Sequence[int], state: DayState
) -> None:
    judgement = judge_volume(DAY, window, ledger, live=0, policy=POLICY)

    assert judgement.state is state


@pytest.mark.parametrize(
    ("active", "min_ratio", "state"),
    [
        pytest.param(29, 0.29, PUBLISHED, id="a ratio that no float holds"),
        pytest.param(28, 0.29, HELD, id="one below it"),
        pytest.param(0, 0.0, PUBLISHED, id="a ratio of 0 holds nothing"),
        pytest.param(99, 1.0, HELD, id="a ratio of 1 holds all below the mean"),
    ],
)
def test_the_ratio_is_exact(active: int, min_ratio: float, state: DayState) -> None:
    assert decide(active, ordinary(), min_ratio=min_ratio).state is state


@pytest.mark.parametrize("active", [0, 3, 100])
def test_force_publishes_as_ok(active: int) -> None:
    judgement = decide(active, ordinary(but=[held(1)]), force=True)

    assert (judgement.state, judgement.verdict) == (PUBLISHED, OK)
    assert "forced" in judgement.reason


def live_through(counts: Sequence[int]) -> Sequence[tuple[DayState, Verdict]]:
    """Judge days in a row, after a fortnight of 100, each knowing those before it."""
    every = [*[100] * 14, *counts]
    ledger: list[LedgerDay] = []
    for n in range(14, len(every)):
        day = DAY + timedelta(days=n)
        window = every[n - 13 : n + 1][::-1]
        judgement = judge_volume(day, window, ledger, live=0, policy=POLICY)
        ledger.append(
            LedgerDay(
                report_date=day,
                state=judgement.state,
                verdict=judgement.verdict,
                active=every[n],
            )
        )
    return [(row.state, row.verdict) for row in ledger if row.verdict]


def test_a_long_holiday_is_held_twice_and_then_published() -> None:
    judged = live_through([*[100] * 10, *[4] * 8, *[100] * 7])

    states, verdicts = [state for state, _ in judged], [verdict for _, verdict in judged]
    assert states == [*[PUBLISHED] * 10, HELD, HELD, *[PUBLISHED] * 13]
    assert verdicts == [*[OK] * 10, *[LOW] * 8, *[HOLE] * 6, OK]


def test_a_new_normal_becomes_ok() -> None:
    judged = live_through([*[100] * 13, *[4] * 30])

    assert judged[-10:] == [(PUBLISHED, OK)] * 10


def test_an_academy_without_history_is_published() -> None:
    judgement = judge_volume(DAY, [0] * 14, [], live=0, policy=POLICY)

    assert (judgement.state, judgement.verdict) == (PUBLISHED, OK)


@pytest.mark.parametrize(
    ("active", "but", "reason"),
    [
        pytest.param(
            3,
            [],
            "Held, because data may be missing: 3 subscribers were active on 2024-03-14, the mean "
            "of the last 13 days is 100.0, and less than 20 % of it is low.",
            id="held",
        ),
        pytest.param(1, [], "1 subscriber was active", id="one"),
        pytest.param(3, [held(1), held(2)], "Published after two held days: 3 ", id="third"),
        pytest.param(3, [ledger_day(1, verdict=LOW)], "a run of quiet days: 3 ", id="fourth"),
        pytest.param(90, [held(2), held(4)], "(2024-03-10, 2024-03-12): 90 ", id="holes"),
        pytest.param(90, [], "Published: 90 subscribers were active on 2024-03-14.", id="ok"),
    ],
)
def test_the_reason_tells_the_figures(active: int, but: Sequence[LedgerDay], reason: str) -> None:
    assert reason in decide(active, ordinary(but=but)).reason


@pytest.mark.parametrize(
    ("live", "before", "state", "verdict"),
    [
        pytest.param(50, [ledger_day(1, live=100)], PUBLISHED, OK, id="exactly half"),
        pytest.param(49, [ledger_day(1, live=100)], HELD, LOW, id="fewer than half"),
        pytest.param(0, [ledger_day(1, live=20)], HELD, LOW, id="nobody is left of twenty"),
        pytest.param(0, [ledger_day(1, live=19)], PUBLISHED, OK, id="a small academy may go"),
        pytest.param(49, [held(1), ledger_day(2, live=100)], HELD, LOW, id="held yesterday"),
        pytest.param(
            49, [held(1), held(2), ledger_day(3, live=100)], PUBLISHED, LOW, id="the third day"
        ),
        pytest.param(
            49,
            [ledger_day(1, live=49, verdict=LOW), held(2), held(3), ledger_day(4, live=100)],
            PUBLISHED,
            HOLE,
            id="the day after",
        ),
        pytest.param(49, [ledger_day(7, live=100)], HELD, LOW, id="nothing published for a week"),
        pytest.param(49, [ledger_day(8, live=100)], PUBLISHED, OK, id="nor for longer"),
        pytest.param(49, [ledger_day(0, live=100)], HELD, LOW, id="published of the day itself"),
        pytest.param(
            100, [ledger_day(0, live=49), ledger_day(1, live=100)], PUBLISHED, OK, id="repaired"
        ),
        pytest.param(49, [ledger_day(-1, live=100)], PUBLISHED, OK, id="a later day says nothing"),
    ],
)
def test_a_sudden_loss_of_subscribers_is_held(
    live: int, before: Sequence[LedgerDay], state: DayState, verdict: Verdict
) -> None:
    judgement = decide(100, before, live=live)

    assert (judgement.state, judgement.verdict) == (state, verdict)


def test_the_reason_tells_of_a_sudden_loss() -> None:
    judgement = decide(0, [ledger_day(1, live=100)], live=1)

    assert judgement.reason == (
        "Held, because data may be missing: 1 subscriber was live on 2024-03-14, there were 100 "
        "before, and less than 50 % of them is a sudden loss of subscribers."
    )


def test_force_publishes_a_loss_and_says_what_it_was() -> None:
    judgement = decide(0, [ledger_day(1, live=100)], live=0, force=True)

    assert (judgement.state, judgement.verdict) == (PUBLISHED, OK)
    assert "it was forced: 0 subscribers were live" in judgement.reason


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        pytest.param([ledger_day(1, live=20)], True, id="all are gone at once"),
        pytest.param([ledger_day(1, live=19)], False, id="few are gone"),
        pytest.param([ledger_day(0, live=1)], True, id="the day is published"),
        pytest.param([ledger_day(1, live=0)], False, id="they were gone before"),
    ],
)
def test_an_academy_without_subscribers_is_missed(
    ledger: Sequence[LedgerDay], *, expected: bool
) -> None:
    assert is_missed(DAY, ledger, POLICY) is expected
