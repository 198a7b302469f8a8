"""What BigQuery's failures mean, in words that say what to do."""

import re
from collections.abc import Mapping
from concurrent.futures import TimeoutError as ResultTimeout

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from requests.exceptions import RequestException

from app.kit.errors import AppError, SourceDown, Unusable
from app.kit.plurals import counted
from app.sources.warehouse.bigquery.access import Address, Limits

FAILURES = (GoogleAPIError, GoogleAuthError, RequestException, ConnectionError, ResultTimeout)
"""Everything that the client raises when BigQuery does not do as asked."""

PASSING = frozenset(
    {
        "backendError",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "rateLimitExceeded",
        "stopped",
        "tableUnavailable",
    }
)
"""The reasons of failed jobs after which another job may succeed."""

TOO_MANY_BYTES = "bytesBilledLimitExceeded"
MOST_SAID = 300
PERMISSION = re.compile(r"bigquery\.[a-z]+\.[a-zA-Z]+")
JOB_USER = "BigQuery Job User (roles/bigquery.jobUser) on the project {project}"
DATA_VIEWER = "BigQuery Data Viewer (roles/bigquery.dataViewer) on the dataset {dataset}"
READER = "BigQuery Read Session User (roles/bigquery.readSessionUser) on the project {project}"

UNUSABLE = {
    "notFound": "There is no table {table}, or BigQuery is asked in another location than"
    " {location}: see HEADSUP_WAREHOUSE and HEADSUP_BIGQUERY_LOCATION. It says: {said}",
    "accessDenied": "BigQuery does not let this account read {table}: grant it {role}."
    " It says: {said}",
    "billingNotEnabled": "Billing is not enabled for the project {project}. BigQuery says: {said}",
}
WAREHOUSE_DOWN = {
    TOO_MANY_BYTES: "The query was refused, because it would bill more than the"
    " {most} of HEADSUP_MAX_BYTES_BILLED{estimate}. BigQuery says: {said}",
    "quotaExceeded": "A quota of the project {project} is used up. BigQuery says: {said}",
    "rateLimitExceeded": "BigQuery is asked too often. It says: {said}",
    "stopped": "The query was stopped before its end. BigQuery says: {said}",
    "timeout": "The query took longer than the {seconds:g} s of"
    " HEADSUP_QUERY_TIMEOUT_SECONDS. BigQuery says: {said}",
    "invalidQuery": "BigQuery refused the query. It says: {said}",
    "resourcesExceeded": "The query needs more than BigQuery gives one query: ask for fewer days."
    " It says: {said}",
}


class TookTooLong(TimeoutError):
    """A job was waited for longer than it may take."""


def reason_of(error: BaseException) -> str:
    """Return BigQuery's word for a failure, "" when it gave none."""
    cause = error.cause if isinstance(error, RetryError) and error.cause else error
    if isinstance(cause, TookTooLong):
        return "timeout"
    if isinstance(cause, GoogleAPICallError):
        for each in cause.errors:
            if isinstance(each, Mapping) and each.get("reason"):
                return _settled(str(each["reason"]), str(each.get("message", "")))
    return ""


def explain(
    error: BaseException,
    address: Address,
    limits: Limits,
    *,
    location: str | None,
    estimate: int | None = None,
) -> AppError:
    """Say what a failure means: `Unusable` if somebody must change something, else `SourceDown`."""
    if isinstance(error, DefaultCredentialsError):
        return Unusable(
            "There are no credentials for BigQuery: set GOOGLE_APPLICATION_CREDENTIALS, or run"
            " where an account is attached (Application Default Credentials)."
        )
    reason, said = reason_of(error), _said(error)
    values = {
        "table": str(address),
        "project": address.project,
        "location": location or "its own",
        "role": _role(said).format(
            project=address.project, dataset=f"{address.project}.{address.dataset}"
        ),
        "most": counted(limits.max_bytes_billed, "byte"),
        "estimate": "" if estimate is None else f"; it would read {estimate:,}",
        "seconds": limits.query_timeout.total_seconds(),
        "said": said,
    }
    if reason in UNUSABLE:
        return Unusable(UNUSABLE[reason].format(**values))
    if reason in WAREHOUSE_DOWN:
        return SourceDown(WAREHOUSE_DOWN[reason].format(**values))
    return SourceDown(f"BigQuery did not answer: {said}")


def _settled(reason: str, message: str) -> str:
    """Prefer what the text of a failure says where its word says less."""
    if "bytes billed" in message:
        return TOO_MANY_BYTES
    if "timed out" in message:
        return "timeout"
    return reason


def _said(error: BaseException) -> str:
    cause = error.cause if isinstance(error, RetryError) and error.cause else error
    text = str(cause)
    if isinstance(cause, GoogleAPICallError) and cause.errors:
        first = cause.errors[0]
        text = str(first.get("message", text)) if isinstance(first, Mapping) else text
    (line, *_) = text.strip().splitlines() or [type(cause).__name__]
    return line[:MOST_SAID]


def _role(said: str) -> str:
    found = PERMISSION.search(said)
    permission = found[0] if found else ""
    if permission.startswith("bigquery.jobs"):
        return JOB_USER
    if permission.startswith("bigquery.readsessions"):
        return READER
    return DATA_VIEWER
