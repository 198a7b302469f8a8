"""Examples of requests and answers about alerts, for the OpenAPI description."""

from typing import Any

from app.kit.http.etags import UNCHANGED
from app.kit.http.formats import streamed
from app.kit.http.problems import Answers

ITEM: dict[str, Any] = {
    "id": 17,
    "report_type": "churn",
    "academy_id": 1,
    "user_id": 4711,
    "email": None,
    "full_name": None,
    "alert_type": "INACTIVITY",
    "severity": "CRITICAL",
    "status": "OPEN",
    "reason": "not seen for 9 days",
    "current_score": 84.62,
    "current_level": "CRITICAL",
    "origin": "LIVE",
    "triggered_at": "2026-03-09T02:03:11Z",
    "triggered_on": "2026-03-08",
    "last_seen_on": "2026-03-10",
    "occurrences": 3,
    "clear_days": 0,
    "snoozed_until": None,
    "assignee": None,
    "resolved_at": None,
    "resolution": None,
    "action": None,
    "action_taken": None,
    "first_action_at": None,
    "result": "PENDING",
    "metrics_snapshot": {"days_since_last_activity": 9, "login_count_7d": 0},
    "rule_version": 0,
    "version": 3,
    "alerts": 1,
}
EVALUATED_DAY = {
    "academy_id": 1,
    "report_date": "2026-03-10",
    "revision": 51,
    "evaluated_at": "2026-03-11T02:03:11Z",
}
ALERT_PAGE: dict[str, Any] = {
    "items": [ITEM],
    "next_cursor": None,
    "days": [EVALUATED_DAY],
    "timezone": "UTC",
    "total": None,
    "by_severity": None,
}
ALERT_LIST: Answers = {200: {"content": streamed("id,report_type,academy_id")}, **UNCHANGED}
DETAIL: dict[str, Any] = ITEM | {
    "history": [
        {
            "seq": 1,
            "what": "OPENED",
            "was": None,
            "became": "HIGH",
            "who": None,
            "happened_at": "2026-03-09T02:03:11Z",
            "report_date": "2026-03-08",
            "note": None,
        }
    ],
    "scores": [{"report_date": "2026-03-10", "score": 84.62, "level": "CRITICAL"}],
}
PATCH: dict[str, Any] = {
    "status": "RESOLVED",
    "action": "CONTACTED",
    "action_taken": "Called her; she was ill and is back on Monday.",
}
BULK: dict[str, Any] = {"alerts": [{"id": 17, "version": 3}, {"id": 18}], "action": "NO_ACTION"}
BULK_ANSWER: dict[str, Any] = {"items": [{"id": 17, "version": 4}, {"id": 18, "version": 2}]}
STATS: dict[str, Any] = {
    "items": [
        {
            "alert_type": "PAYMENT_RISK",
            "origin": "LIVE",
            "opened": 40,
            "still_open": 3,
            "by_hand": 20,
            "by_itself": 12,
            "no_longer_live": 5,
            "no_data": 0,
            "actions": {"CONTACTED": 18, "OFFERED": 2, "NO_ACTION": 0, "FALSE_ALARM": 0},
            "results": {"PENDING": 10, "STAYED": 18, "LEFT": 12, "COMPLETED": 0},
            "judged": 30,
            "churned": 12,
            "expected": 2.4,
            "precision": 0.4,
            "precision_low": 0.25,
            "precision_high": 0.58,
            "base_rate": 0.08,
        }
    ],
    "date_from": "2025-12-11",
    "date_to": "2026-03-10",
}
RULE_EXAMPLE: dict[str, Any] = {
    "enabled": True,
    "threshold": 7,
    "needs_level": "HIGH",
    "clear_days": 2,
    "quiet_days": 30,
}
RULES_EXAMPLE: dict[str, Any] = {
    "academy": 1,
    "reports": {"churn": {"INACTIVITY": RULE_EXAMPLE | {"version": 4}}},
}
RULES_ASKED: dict[str, Any] = {"academy": 1, "reports": {"churn": {"INACTIVITY": RULE_EXAMPLE}}}
