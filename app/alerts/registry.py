"""Finds the sources of alerts: the module `alerts` in the folder of a report."""

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from app.alerts.contract import AlertSource
from app.kit.errors import NotFound
from app.runs.registry import PACKAGE, reports


@cache
def alert_sources() -> Mapping[str, AlertSource]:
    """Map the type of each report that has alerts to its source."""
    found: dict[str, AlertSource] = {}
    for report in reports().values():
        folder = report.__module__.removeprefix(f"{PACKAGE}.").split(".", maxsplit=1)[0]
        name = f"{PACKAGE}.{folder}.alerts"
        if find_spec(name) is not None:
            source: AlertSource = importlib.import_module(name).alerts
            found[source.report_type] = source
    return found


def alert_source(report_type: str) -> AlertSource:
    """Return the source of a report's alerts; raise `NotFound` naming the reports that have any."""
    try:
        return alert_sources()[report_type]
    except KeyError:
        known = ", ".join(alert_sources())
        message = f"The report {report_type!r} has no alerts. Reports that have: {known}."
        raise NotFound(message, code="unknown_report") from None
