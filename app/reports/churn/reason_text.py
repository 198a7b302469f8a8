"""Why a subscriber is at risk, in words."""

from app.reports.churn.models import ChurnRiskReport
from app.reports.churn.scoring import IDLE_CAP_DAYS, Signal


def in_words(row: ChurnRiskReport) -> str:
    """Say what the row's main reason means for this subscriber."""
    if row.main_reason is None:
        return "nothing of note"
    frustration = row.avg_frustration_score or 0
    said = {
        Signal.INACTIVITY: _inactivity(row.days_since_last_activity),
        Signal.ENGAGEMENT_DECAY: f"engagement fell {_percent(row.engagement_trend)}",
        Signal.FRUSTRATION: f"frustration at {frustration:.0f} of 100",
        Signal.LOGIN_DECAY: f"logins fell {_percent(row.login_trend)}",
        Signal.ASSIGNMENT_STALL: f"completed assignments fell {_percent(row.assignment_trend)}",
        Signal.PAYMENT_ISSUES: "a payment failed",
    }
    return said[Signal(row.main_reason)]


def _inactivity(days: int) -> str:
    more = " or more" if days >= IDLE_CAP_DAYS else ""
    return f"not seen for {days} day{'' if days == 1 else 's'}{more}"


def _percent(trend: float | None) -> str:
    return f"{-(trend or 0):.0f} %"
