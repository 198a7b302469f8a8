"""Finds every report: a folder of `app/reports` whose package names one as `report`."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from app.kit.errors import NotFound
from app.runs.contract import BaseReport

PACKAGE = "app.reports"


@cache
def reports() -> Mapping[str, type[BaseReport]]:
    """Map each report type to its class, in the order of their names."""
    package = importlib.import_module(PACKAGE)
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        report: type[BaseReport] = importlib.import_module(f"{PACKAGE}.{module.name}").report
        found[report.report_type] = report
    return found


def report_named(report_type: str) -> type[BaseReport]:
    """Return the report of that type, or raise `NotFound` listing those there are."""
    try:
        return reports()[report_type]
    except KeyError:
        known = ", ".join(reports())
        message = f"There is no report {report_type!r}. There is: {known}."
        raise NotFound(message, code="unknown_report") from None
