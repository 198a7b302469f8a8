"""The list and the sums of the renewals report."""

from app.reports.renewals.api.requests import RenewalQuery, RenewalSort
from app.reports.renewals.api.responses import RenewalItem, RenewalSums, RenewalTrendPoint

from app.kit.sql import load_sql
from app.published.keyset import Condition, Term
from app.published.list_spec import ListSpec
from app.published.snapshot import SnapshotSpec
from app.published.summary_spec import SummarySpec

USER = Term("user_id", "bigint")
SOONEST = Term("days_until_renewal", "bigint", nullable=True)
NEWEST = Term("report_date", "date", descending=True)
SNAPSHOT = SnapshotSpec(report_type="renewals")


def renewal_condition(query: RenewalQuery) -> Condition:
    """Return what the filters ask of a row `r`."""
    parts, params = ["true"], dict[str, object]()
    if query.user is not None:
        parts.append("r.user_id = CAST(:user AS bigint)")
        params["user"] = query.user
    if query.soon is not None:
        parts.append("r.is_soon = CAST(:soon AS boolean)")
        params["soon"] = query.soon
    return Condition(sql=" AND ".join(parts), params=params)


RENEWALS = ListSpec(
    snapshot=SNAPSHOT,
    table="renewal_reports",
    query=RenewalQuery,
    item=RenewalItem,
    columns_sql=load_sql(__package__, "columns"),
    joins_sql=load_sql(__package__, "joins"),
    orders={RenewalSort.SOONEST: (SOONEST,), RenewalSort.NEWEST: (NEWEST,)},
    tie_break=(USER, Term("academy_id", "bigint"), NEWEST),
    condition=renewal_condition,
    text_columns=("full_name", "currency"),
)

RENEWAL_SUMMARY = SummarySpec(
    snapshot=SNAPSHOT,
    items_sql=load_sql(__package__, "sums"),
    summary=RenewalSums,
    trend=RenewalTrendPoint,
)
