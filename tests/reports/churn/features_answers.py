"""Asking an engine about a case."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.kit.days import EPOCH
from app.kit.sql import load_sql
from app.sources.warehouse.activity import scan_params, with_activity
from app.sources.warehouse.contract import Param
from tests.reports.churn.features_cases import CASES, Case, Expected
from tests.support.googlesql_reference import Row, reference
from tests.support.lake import FLAT, duckdb_rows

FEATURES = load_sql("app.reports.churn", "features")

Engine = Callable[
    [str, Mapping[str, Param], Mapping[str, str], Sequence[Row]], list[tuple[int, ...]]
]
Shape = Callable[[Row], Row]
ENGINES: Mapping[str, Engine] = {
    "duckdb": duckdb_rows,
    "reference": lambda *asked: reference().rows(*asked),
}


def answer(
    engine: Engine, case: Case, columns: Mapping[str, str] = FLAT, shape: Shape = dict
) -> list[Expected]:
    """Return what an engine makes of a case's events, given in the table's shape, in order."""
    sql = with_activity(columns, "events", FEATURES)
    params = scan_params(case.days, ZoneInfo(case.zone))
    rows = engine(sql, params, columns, [shape(each) for each in case.events])
    return sorted(_expected(*row) for row in rows)


def wrong_in_duckdb() -> list[str]:
    """Name the cases that DuckDB answers otherwise than expected."""
    return [case.name for case in CASES if answer(duckdb_rows, case) != case.expected]


def _expected(day: int, user: int, *counts: int) -> Expected:
    active, logins, logins_prior, completed, completed_prior = counts
    report_day = EPOCH + timedelta(days=day)
    return report_day, user, active, logins, logins_prior, completed, completed_prior
