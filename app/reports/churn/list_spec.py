"""The list of risks: its columns, its orders and its filters."""

from collections.abc import Mapping, Sequence

from app.kit.sql import load_sql
from app.published.keyset import Condition, Term
from app.published.list_spec import ListSpec
from app.published.snapshot import SnapshotSpec
from app.reports.churn.api.requests import COMPARED_DAYS, RiskQuery, RiskSort
from app.reports.churn.api.responses import Risk
from app.reports.churn.scoring import THRESHOLDS, WEIGHTS_BY_VERSION, RiskLevel, Signal


def details_of(
    row: str, weights_by_version: Mapping[int, Mapping[Signal, float]] = WEIGHTS_BY_VERSION
) -> str:
    """Write the SQL of a row's breakdown as JSON; the weights of an unknown version are NULL.

    The weights are constants in the statement: to look them up for each row would take longer
    than all the rest of the breakdown.
    """
    listed = {
        version: ",".join(f"{weights[signal]:g}" for signal in Signal)
        for version, weights in weights_by_version.items()
    }
    cases = " ".join(
        f"WHEN {version} THEN CAST('{{{weights}}}' AS numeric[])"
        for version, weights in listed.items()
    )
    return f"churn_details({row}, CASE ({row}).scoring_version {cases} END)"


HIGHEST_SCORE = 100.0

SCORE = Term("churn_risk_score", "double precision", descending=True)
LOWEST = Term("churn_risk_score", "double precision")
RENEWAL = Term("days_until_renewal", "bigint", nullable=True)
USER = Term("user_id", "bigint")
MRR = Term("mrr", "double precision", descending=True, nullable=True)
INACTIVITY = Term("days_since_last_activity", "bigint", descending=True)
NEWEST = Term("report_date", "date", descending=True)


def risk_condition(query: RiskQuery) -> Condition:
    """Return what the filters ask of a row; a level is a range of scores, as the index has it."""
    low, high = _range(query.level)
    params: dict[str, object] = {
        "low": max(low, query.min_score or 0.0),
        "high": high if query.max_score is None else min(high, query.max_score),
    }
    parts = ["r.churn_risk_score BETWEEN :low AND :high"]
    if query.level:
        parts.append("r.risk_level = ANY(CAST(:levels AS text[]))")
        params["levels"] = sorted({level.value for level in query.level})
    if query.user is not None:
        parts.append("r.user_id = CAST(:user AS bigint)")
        params["user"] = query.user
    if query.subscription_status is not None:
        parts.append("r.subscription_status = CAST(:status AS text)")
        params["status"] = query.subscription_status.value
    if query.has_payment_issues is not None:
        parts.append("r.has_payment_issues = CAST(:owing AS boolean)")
        params["owing"] = query.has_payment_issues
    return Condition(sql=" AND ".join(parts), params=params)


def _range(levels: Sequence[RiskLevel]) -> tuple[float, float]:
    """Return the scores from the lowest to the highest level; the upper end is above it."""
    if not levels:
        return 0.0, HIGHEST_SCORE
    order_of = list(THRESHOLDS)
    places = [order_of.index(level) for level in levels]
    ends = [*list(THRESHOLDS.values())[1:], HIGHEST_SCORE]
    return THRESHOLDS[order_of[min(places)]], ends[max(places)]


RISKS = ListSpec(
    snapshot=SnapshotSpec(report_type="churn", compared_days=COMPARED_DAYS),
    table="churn_risk_reports",
    query=RiskQuery,
    item=Risk,
    columns_sql=load_sql(__package__, "risk_columns"),
    joins_sql=load_sql(__package__, "risk_joins"),
    orders={
        RiskSort.HIGHEST_SCORE: (SCORE,),
        RiskSort.LOWEST_SCORE: (LOWEST,),
        RiskSort.SOONEST_RENEWAL: (RENEWAL, SCORE),
        RiskSort.HIGHEST_MRR: (MRR, SCORE),
        RiskSort.LONGEST_INACTIVE: (INACTIVITY, SCORE),
        RiskSort.NEWEST: (NEWEST, SCORE),
        RiskSort.USER: (USER,),
    },
    tie_break=(RENEWAL, USER, Term("academy_id", "bigint"), NEWEST),
    condition=risk_condition,
    text_columns=("email", "full_name", "main_reason_text", "currency"),
    optional_columns={"details": details_of("p.row")},
)
"""Who is at risk, and why."""
