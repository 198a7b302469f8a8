"""The score as DESIGN words it, one subscriber at a time, in exact fractions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

WEIGHTS = {
    "inactivity": 25,
    "engagement_decay": 20,
    "frustration": 15,
    "login_decay": 15,
    "assignment_stall": 15,
    "payment_issues": 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """What is known of one subscriber; means are in hundredths, None is unknown."""

    status: str = "ACTIVE"
    tenure_days: int = 100
    active_on: frozenset[int] = frozenset()
    logins: tuple[int, int] = (0, 0)
    assignments: tuple[int, int] = (0, 0)
    engagement: int | None = None
    frustration: int | None = None
    baseline: int | None = None

    @property
    def is_silent(self) -> bool:
        return not self.active_on and self.tenure_days >= 14

    @property
    def is_new(self) -> bool:
        return self.tenure_days < 14 and not any(day >= 7 for day in self.active_on)

    @property
    def days_since(self) -> int:
        return min(self.active_on) if self.active_on else min(14, self.tenure_days)


def count_trend(learner: Learner, counts: tuple[int, int]) -> Fraction | None:
    if learner.is_silent:
        return Fraction(-100)
    if learner.is_new:
        return None
    return Fraction(100 * (counts[0] - counts[1]), max(counts[1], 1))


def engagement_trend(learner: Learner) -> Fraction | None:
    if not learner.baseline:
        return None
    if learner.is_silent:
        return Fraction(-100)
    if learner.engagement is None:
        return None
    return Fraction(100 * (learner.engagement - learner.baseline), learner.baseline)


def signals(learner: Learner) -> Mapping[str, Fraction | None]:
    frustration = learner.frustration
    return {
        "inactivity": Fraction(100 * learner.days_since, 14),
        "engagement_decay": fall(engagement_trend(learner)),
        "frustration": None if frustration is None else Fraction(frustration, 100),
        "login_decay": fall(count_trend(learner, learner.logins)),
        "assignment_stall": fall(count_trend(learner, learner.assignments)),
        "payment_issues": Fraction(100 if learner.status == "PAYMENT_ISSUE" else 0),
    }


def fall(trend: Fraction | None) -> Fraction | None:
    return None if trend is None else min(max(-trend, Fraction(0)), Fraction(100))


def contributions(learner: Learner) -> Mapping[str, Fraction]:
    known = {name: value for name, value in signals(learner).items() if value is not None}
    total = sum(WEIGHTS[name] for name in known)
    return {name: WEIGHTS[name] * value / total for name, value in known.items()}


def score(learner: Learner) -> float:
    return rounded(sum(contributions(learner).values(), Fraction(0)))


def coverage(learner: Learner) -> float:
    return sum(WEIGHTS[name] for name in contributions(learner)) / 100


def level(points: float) -> str:
    names = {75: "CRITICAL", 50: "HIGH", 25: "MEDIUM", 0: "LOW"}
    return next(name for least, name in names.items() if points >= least)


def rounded(value: Fraction) -> float:
    """Round half up to hundredths, counting what is within 1e-9 of a half as one."""
    return floor((value + Fraction(1, 10**9)) * 100 + Fraction(1, 2)) / 100


def seeds_formula(learner: Learner) -> float:
    """Return the seed's sum, for a learner of whom every signal is known."""
    values = signals(learner)
    weighted = [Fraction(WEIGHTS[name], 100) * (value or 0) for name, value in values.items()]
    return float(Decimal(str(rounded(sum(weighted, Fraction(0))))))
