"""Whose subscription renews soon, and for how much."""

from app.reports.renewals.report import RenewalReport

report = RenewalReport
