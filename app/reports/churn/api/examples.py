"""What the answers of the churn report look like, for whoever reads the description."""

from typing import Any

from app.kit.http.etags import UNCHANGED
from app.kit.http.formats import streamed
from app.kit.http.problems import Answers

RISK: dict[str, Any] = {
    "report_date": "2026-03-10",
    "academy_id": 1,
    "user_id": 4711,
    "email": None,
    "full_name": None,
    "churn_risk_score": 84.62,
    "risk_level": "CRITICAL",
    "main_reason": "inactivity",
    "main_reason_text": "not seen for 14 days or more",
    "previous_score": 82.31,
    "score_change_7d": 31.5,
    "coverage": 0.65,
    "days_since_last_activity": 14,
    "last_active_on": None,
    "active_days_in_window": 0,
    "login_count_7d": 0,
    "login_trend": -100,
    "assignments_completed_7d": 0,
    "assignment_trend": -100,
    "avg_engagement_score": None,
    "engagement_trend": None,
    "avg_frustration_score": None,
    "subscription_status": "ACTIVE",
    "has_payment_issues": False,
    "days_until_renewal": 6,
    "days_until_trial_end": None,
    "tenure_days": 212,
    "mrr": 49.0,
    "currency": "EUR",
    "scoring_version": 1,
    "run_id": "0190b5a0-6a3e-7c58-8f6e-2f6a2d1c9b11",
}
DETAILS: dict[str, Any] = {
    "schema_version": 1,
    "scoring_version": 1,
    "coverage": 0.65,
    "tenure_days": 212,
    "active_days_in_window": 0,
    "login_count_7d": 0,
    "login_count_prior_7d": 0,
    "assignments_completed_7d": 0,
    "assignments_completed_prior_7d": 0,
    "engagement_baseline": None,
    "signals": {
        "inactivity": {"value": 100, "weight": 0.25, "contribution": 38.46},
        "engagement_decay": {"value": None, "weight": 0.2, "contribution": None},
        "frustration": {"value": None, "weight": 0.15, "contribution": None},
        "login_decay": {"value": 100, "weight": 0.15, "contribution": 23.08},
        "assignment_stall": {"value": 100, "weight": 0.15, "contribution": 23.08},
        "payment_issues": {"value": 0, "weight": 0.1, "contribution": 0},
    },
}
SUMS_EXAMPLE: dict[str, Any] = {
    "academy_id": 1,
    "subscribers": 1000,
    "levels": {"LOW": 700, "MEDIUM": 200, "HIGH": 80, "CRITICAL": 20},
    "subscription_statuses": {"FREE_TRIAL": 120, "ACTIVE": 850, "PAYMENT_ISSUE": 30},
    "payment_issues": 30,
    "mean_score": 19.27,
    "alerts": {
        "opened": 9,
        "reopened": 2,
        "closed": 7,
        "open": {"LOW": 0, "MEDIUM": 12, "HIGH": 41, "CRITICAL": 18},
        "unevaluated_academies": 0,
    },
}
MRR_EXAMPLE = {"EUR": {"LOW": 34300.0, "MEDIUM": 9800.0, "HIGH": 3920.0, "CRITICAL": 980.0}}
MOVED_FIELDS = {"score_before": 53.12, "level_before": "HIGH", "score_change": 31.5}
PAGE_EXAMPLE: dict[str, Any] = {
    "next_cursor": None,
    "days": [
        {
            "academy_id": 1,
            "report_date": "2026-03-10",
            "state": "PUBLISHED",
            "revision": 118,
            "published_at": "2026-03-11T02:00:41.120000+00:00",
        }
    ],
    "timezone": "UTC",
}


def _list_of(item: dict[str, Any]) -> Answers:
    example = {"items": [item], **PAGE_EXAMPLE}
    return {200: {"content": {"application/json": {"example": example}}}, **UNCHANGED}


LIST_EXAMPLE = _list_of(RISK)
LIST_EXAMPLE[200]["content"] |= streamed("report_date,academy_id,user_id")
HISTORY_EXAMPLE = _list_of(RISK | {"details": DETAILS})
SUMMARY_EXAMPLE = _list_of(SUMS_EXAMPLE | {"mrr_by_level": MRR_EXAMPLE})
TREND_EXAMPLE = _list_of({"report_date": "2026-03-10"} | SUMS_EXAMPLE)
MOVERS_EXAMPLE = _list_of(RISK | MOVED_FIELDS)
