"""Finds every report that has alerts: a folder of `app/reports` with a module `alerts`."""

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from app.alerts.contract import AlertSource
from app.kit.errors import NotFound
from app.runs.registry import PACKAGE, reports


@cache
def alerting_reports() -> Mapping[str, AlertSource]:
    """Map the type of each report that has alerts to what tells of them."""
    found: dict[str, AlertSource] = {}
    for report in reports().values():
        folder = report.__module__.removeprefix(f"{PACKAGE}.").split(".", maxsplit=1)[0]
        name = f"{PACKAGE}.{folder}.alerts"
        if find_spec(name) is not None:
            alerts: AlertSource = importlib.import_module(name).alerts
            found[alerts.report_type] = alerts
    return found


def alerts_of(report_type: str) -> AlertSource:
    """Return what tells of a report's alerts, or raise `NotFound` listing those that have any."""
    try:
        return alerting_reports()[report_type]
    except KeyError:
        known = ", ".join(alerting_reports())
        message = f"The report {report_type!r} has no alerts. Reports that have: {known}."
        raise NotFound(message, code="unknown_report") from None
