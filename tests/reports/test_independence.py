"""Only its own folder knows a report: another report is added beside it without an edit here."""

import re
from pathlib import Path

import pytest

from app.runs.registry import reports

APP_FOLDER = Path(__file__).parents[2] / "app"
MENTIONS = {
    "sources/subscriptions/statuses.py": "churn is what the field calls leaving",
    "alerts/api/examples.py": "an example names a report",
    "runs/api/examples.py": "an example names a report",
    "runs/monitoring/routes.py": "an example names a report",
}
"""The files that may have the name of a report in them, and why."""


@pytest.mark.parametrize("report_type", reports())
def test_nothing_outside_its_folder_names_a_report(report_type: str) -> None:
    """`churned` is what the alerts call a learner who left: a field of the API, not a report."""
    name = re.compile(rf"{report_type}(?!ed)", re.IGNORECASE)

    found = {
        str(path.relative_to(APP_FOLDER))
        for path in APP_FOLDER.rglob("*")
        if path.suffix in {".py", ".sql"}
        and APP_FOLDER / "reports" / report_type not in path.parents
        and name.search(path.read_text("utf-8"))
    }

    assert found - MENTIONS.keys() == set()
