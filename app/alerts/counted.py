"""What reports tell of alerts beside their sums: SQL that goes into theirs."""

from pathlib import Path

HERE = Path(__file__).parent
EVALUATED_SQL = (HERE / "evaluated.sql").read_text("utf-8")
EVALUATIONS_SQL = (HERE / "evaluations.sql").read_text("utf-8")


def evaluated(report_type: str) -> str:
    """Write a query of academy_id, last_day: up to which day each of `:academies` is evaluated."""
    return EVALUATED_SQL.format(report_type=report_type)


def evaluations(report_type: str) -> str:
    """Write a query of one value that changes whenever a day of `:academies` is evaluated."""
    return EVALUATIONS_SQL.format(report_type=report_type)
