"""What BigQuery answers where the emulator cannot: dry runs, bytes, failures of jobs."""

from tests.sources.bigquery.fault_proxy import Route

JOBS = r"^POST .*/jobs\?"
DRY = r'"dryRun": ?true'
WET = r'^(?!.*"dryRun": ?true)'


def dry_run(bytes_processed: int) -> Route:
    """Answer every dry run."""
    return Route(JOBS, job(bytes_processed=bytes_processed), body=DRY)


def job_made(answer: dict[str, object], status: int = 200) -> Route:
    """Answer the request that makes a job."""
    return Route(JOBS, answer, status, body=WET)


def no_rows() -> Route:
    """Answer the request for the rows of a job: there are none."""
    answer = {
        "jobComplete": True,
        "schema": {"fields": [{"name": "day", "type": "INTEGER"}]},
        "totalRows": "0",
        "jobReference": REFERENCE,
    }
    return Route(r"^GET .*/queries/", answer)


REFERENCE = {"projectId": "shop", "jobId": "recorded", "location": "EU"}


def job(
    *,
    state: str = "DONE",
    bytes_processed: int = 0,
    bytes_billed: int = 0,
    error: dict[str, str] | None = None,
) -> dict[str, object]:
    """A query job as BigQuery describes it."""
    failed = {"errorResult": error, "errors": [error]} if error else {}
    return {
        "kind": "bigquery#job",
        "jobReference": REFERENCE,
        "configuration": {"jobType": "QUERY", "query": {"query": "SELECT 1"}},
        "status": {"state": state, **failed},
        "statistics": {
            "totalBytesProcessed": str(bytes_processed),
            "query": {
                "totalBytesProcessed": str(bytes_processed),
                "totalBytesBilled": str(bytes_billed),
            },
        },
    }


def refusal(status: int, reason: str, message: str) -> dict[str, object]:
    """What BigQuery says instead of an answer."""
    error = {"reason": reason, "message": message, "domain": "global"}
    return {"error": {"code": status, "message": message, "errors": [error]}}
