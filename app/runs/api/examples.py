"""What the answers about runs look like, for whoever reads the description."""

from typing import Any

Example = dict[str, Any]

RUN: Example = {
    "id": "7d1f4c0e-6a55-4f6e-9b6c-3a4f0c1d2e3f",
    "report_type": "churn",
    "status": "RUNNING",
    "origin": "REQUEST",
    "requested_by": "dashboard",
    "date_from": "2026-03-04",
    "date_to": "2026-03-10",
    "academies": None,
    "only": "all",
    "dry_run": False,
    "force": False,
    "retry_of": None,
    "created_at": "2026-03-11T09:00:00Z",
    "started_at": "2026-03-11T09:00:01Z",
    "finished_at": None,
    "cancel_requested_at": None,
    "worker": "app-1/4242",
    "bytes_processed": 73400320,
    "bytes_billed": 73400320,
    "error": None,
    "days": {"PUBLISHED": 3, "RUNNING": 4},
}
RUNS: Example = {"items": [RUN], "next_cursor": None, "timezone": "UTC"}
RUN_DETAIL: Example = {
    "run": RUN,
    "days": [
        {
            "report_date": "2026-03-04",
            "state": "PUBLISHED",
            "rows": 1840,
            "seconds": 0.41,
            "error": None,
            "academies": [
                {
                    "academy_id": 1,
                    "state": "PUBLISHED",
                    "rows": 1840,
                    "error": None,
                    "preview": None,
                }
            ],
        }
    ],
}
PLAN: Example = {
    "days": ["2026-03-09", "2026-03-10"],
    "scans": 1,
    "states": {"PUBLISHED": 20},
    "bytes_processed": 73400320,
    "usd": 0.01,
}
HELD: Example = {
    "report_date": "2026-03-10",
    "academy_id": 1,
    "state": "HELD",
    "verdict": "LOW_VOLUME",
    "reason": "Held, because data may be missing: 12 subscribers were active on 2026-03-10, "
    "the mean of the last 13 days is 804.2, and less than 20 % of it is low.",
    "forced": False,
    "rows": 0,
    "revision": None,
    "run_id": RUN["id"],
    "published_at": None,
    "updated_at": "2026-03-11T02:00:07Z",
}
LEDGER: Example = {"items": [HELD], "next_cursor": None, "timezone": "UTC"}
REPORTS: Example = {
    "items": [
        {
            "type": "churn",
            "title": "Churn risk",
            "fields": ["report_date", "academy_id", "user_id", "churn_risk_score"],
            "filters": ["academy", "level"],
            "sort_keys": ["-score", "renewal"],
            "schedule": "0 2-12 * * *",
            "newest_published_day": "2026-03-10",
            "unpublished": [HELD],
        }
    ],
    "next_cursor": None,
    "timezone": "UTC",
}
METRICS = 'headsup_newest_published_day_age_seconds{report="churn"} 32400.0\n'
