"""What reports tell of alerts beside their sums: SQL that goes into theirs."""

from app.kit.sql import load_sql

EVALUATED_SQL = load_sql(__package__, "evaluated_until")
EVALUATIONS_SQL = load_sql(__package__, "evaluations")


def evaluated(report_type: str) -> str:
    """Write a query of academy_id, last_day: up to which day each of `:academies` is evaluated."""
    return EVALUATED_SQL.format(report_type=report_type)


def evaluations(report_type: str) -> str:
    """Write a query of one value that changes whenever a day of `:academies` is evaluated."""
    return EVALUATIONS_SQL.format(report_type=report_type)
