"""Who is about to leave, and why."""

from app.reports.churn.report import ChurnReport

report = ChurnReport
