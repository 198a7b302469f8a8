"""Why a subscriber is at risk, in words."""

from typing import assert_never

from app.reports.churn.models import ChurnRiskReport
from app.reports.churn.scoring import IDLE_CAP_DAYS, Signal


def in_words(row: ChurnRiskReport) -> str:
    """Say what the row's main reason means for this subscriber."""
    if row.main_reason is None:
        return "nothing of note"
    match Signal(row.main_reason):
        case Signal.INACTIVITY:
            return _inactivity(row)
        case Signal.ENGAGEMENT_DECAY:
            return f"engagement fell {_percent(row.engagement_trend)}"
        case Signal.FRUSTRATION:
            return f"frustration at {row.avg_frustration_score:.0f} of 100"
        case Signal.LOGIN_DECAY:
            return f"logins fell {_percent(row.login_trend)}"
        case Signal.ASSIGNMENT_STALL:
            return f"completed assignments fell {_percent(row.assignment_trend)}"
        case Signal.PAYMENT_ISSUES:
            return "a payment failed"
        case signal:
            assert_never(signal)


def _inactivity(row: ChurnRiskReport) -> str:
    days = row.days_since_last_activity
    more = " or more" if days >= IDLE_CAP_DAYS else ""
    return f"not seen for {days} day{'' if days == 1 else 's'}{more}"


def _percent(trend: float | None) -> str:
    return f"{min(-(trend or 0), 100):.0f} %"
