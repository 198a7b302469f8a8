"""The filters of a list of risks as conditions of SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.kit.cursors import Cursor
from app.reports.churn import order
from app.reports.churn.asked import RiskFilters
from app.reports.churn.scoring import THRESHOLDS, RiskLevel

HIGHEST = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on the rows `r` of the report, and its parameters."""

    sql: str
    params: dict[str, object]


def condition(filters: RiskFilters) -> Condition:
    """Return what the filters ask of a row; a level is a range of scores, as the index has it."""
    low, high = _range(filters.level)
    params: dict[str, object] = {
        "low": max(low, filters.min_score or 0.0),
        "high": high if filters.max_score is None else min(high, filters.max_score),
    }
    parts = ["r.churn_risk_score BETWEEN :low AND :high"]
    if filters.level:
        parts.append("r.risk_level = ANY(CAST(:levels AS text[]))")
        params["levels"] = sorted({level.value for level in filters.level})
    if filters.user is not None:
        parts.append("r.user_id = CAST(:user AS bigint)")
        params["user"] = filters.user
    if filters.subscription_status is not None:
        parts.append("r.subscription_status = CAST(:status AS text)")
        params["status"] = filters.subscription_status.value
    if filters.has_payment_issues is not None:
        parts.append("r.has_payment_issues = CAST(:owing AS boolean)")
        params["owing"] = filters.has_payment_issues
    return Condition(sql=" AND ".join(parts), params=params)


def following(filters: RiskFilters, cursor: Cursor | None) -> Condition:
    """Return what a row must fulfil to be on the page after the cursor, or on the first."""
    if cursor is None:
        return Condition(sql="", params={})
    terms = order.terms_of(filters.sort)
    sql, params = order.after(terms, cursor.after)
    bound = {order.SCORE: "<=", order.LOWEST: ">="}.get(terms[0])
    if bound is not None:
        sql = f"r.churn_risk_score {bound} CAST(:after_0 AS double precision) AND {sql}"
    return Condition(sql=f"AND {sql}", params=params)


def literal(day: date) -> str:
    """Write a day into SQL, so that the planner leaves the other months out."""
    return f"DATE '{day.isoformat()}'"


def _range(levels: Sequence[RiskLevel]) -> tuple[float, float]:
    """Return the scores from the lowest to the highest level; the upper end is above it."""
    if not levels:
        return 0.0, HIGHEST
    order_of = list(THRESHOLDS)
    places = [order_of.index(level) for level in levels]
    ends = [*list(THRESHOLDS.values())[1:], HIGHEST]
    return THRESHOLDS[order_of[min(places)]], ends[max(places)]
