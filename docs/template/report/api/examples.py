"""Example responses for the description of the API."""

from typing import Any

from app.kit.http.etags import UNCHANGED
from app.kit.http.formats import streamed

RENEWAL: dict[str, Any] = {
    "report_date": "2026-03-10",
    "academy_id": 1,
    "user_id": 4711,
    "full_name": None,
    "days_until_renewal": 6,
    "is_soon": True,
    "mrr": 49.0,
    "currency": "EUR",
}
PAGE: dict[str, Any] = {"items": [RENEWAL], "next_cursor": None, "days": [], "timezone": "UTC"}
LIST_EXAMPLE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"example": PAGE}}
        | streamed("report_date,academy_id,user_id")
    },
    **UNCHANGED,
}
