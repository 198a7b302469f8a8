"""Where the BigQuery table is, how it is reached, and what a query may take."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import google.auth
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from google.cloud.bigquery_storage import BigQueryReadClient
from requests.exceptions import ConnectionError as Disconnected
from requests.exceptions import Timeout

from app.kit.errors import Unusable

DEFAULT_TABLE = "activity_partitioned"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
NOT_SEEN_YET = if_exception_type(
    exceptions.NotFound,
    exceptions.TooManyRequests,
    exceptions.ServerError,
    Disconnected,
    Timeout,
)
ADDRESS = re.compile(
    r"bigquery://(?P<project>[a-z][a-z0-9.:-]+)/(?P<dataset>\w+)(?:/(?P<table>[\w-]+))?/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A table of BigQuery; its project also pays for the queries."""

    project: str
    dataset: str
    table: str = DEFAULT_TABLE

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `bigquery://project/dataset[/table]`; raise `Unusable` for anything else."""
        found = ADDRESS.fullmatch(url)
        if found is None:
            raise Unusable(
                f"HEADSUP_WAREHOUSE is {url!r}, which is no warehouse known here: use lake, or"
                " bigquery://project/dataset, or bigquery://project/dataset/table."
            )
        return cls(
            project=found["project"],
            dataset=found["dataset"],
            table=found["table"] or DEFAULT_TABLE,
        )

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may take, and how long one request is waited for and tried again.

    The client waits at least two minutes for the first page of an answer, so `retry_seconds` is
    longer than that.
    """

    max_bytes_billed: int
    query_timeout: timedelta
    request_seconds: float = 60
    retry_seconds: float = 600
    rows_per_page: int = 10_000

    @property
    def retry(self) -> Retry:
        """What tries a request again, with growing pauses, while the failure may pass."""
        return DEFAULT_RETRY.with_timeout(self.retry_seconds)

    @property
    def retry_known(self) -> Retry:
        """The same for a job that is known to be there, though BigQuery may not show it yet."""
        return Retry(predicate=NOT_SEEN_YET, timeout=self.retry_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Application Default Credentials, unless `endpoint` is a stand-in that asks for none."""

    location: str | None = None
    endpoint: str | None = None

    def client(self, project: str) -> bigquery.Client:
        """Open a client; it may have to ask the machine for credentials."""
        if self.endpoint is not None:
            return bigquery.Client(
                project=project,
                location=self.location,
                credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
                client_options=ClientOptions(api_endpoint=self.endpoint),
            )
        return bigquery.Client(project=project, location=self.location, credentials=_credentials())

    def reader(self) -> BigQueryReadClient | None:
        """Open a client of the Storage Read API; a stand-in has none."""
        if self.endpoint is not None:
            return None
        return BigQueryReadClient(credentials=_credentials())  # type: ignore[no-untyped-call]


def _credentials() -> google.auth.credentials.Credentials:
    credentials, _ = google.auth.default(scopes=[SCOPE])
    return credentials
