"""The reason in words is written by the database here and by Python there: they agree."""

from pathlib import Path

from app.kit.db.engine import Database
from app.reports.churn.console import in_words
from app.reports.churn.models import ChurnRiskReport
from tests.support.http_client import open_client, service, token
from tests.support.published_days import publish, risk


def because(reason: str | None, **columns: object) -> dict[str, object]:
    """Return what a row with a main reason is made of."""
    return {"main_reason": reason, **columns}


CASES = [
    because(None),
    *(because("inactivity", days_since_last_activity=n) for n in (0, 1, 2, 13, 14)),
    *(because("engagement_decay", engagement_trend=t) for t in (-0.5, -12.5, -13.5)),
    *(because("frustration", avg_frustration_score=s) for s in (0.5, 71.5, 99.99)),
    *(because("login_decay", login_trend=t) for t in (-33.33, -66.5, -100.0)),
    because("assignment_stall", assignment_trend=-50.49),
    because("payment_issues"),
]


async def test_both_say_the_same(database: Database, tmp_path: Path) -> None:
    rows = [risk(user_id=n, **case) for n, case in enumerate(CASES, start=1)]
    await publish(database, *rows)

    async with open_client(service(database, tmp_path), await token(database)) as asking:
        items = (await asking.get("/churn/risk?sort=user")).json()["items"]

    assert [item["main_reason_text"] for item in items] == [
        in_words(ChurnRiskReport.model_validate(row)) for row in rows
    ]
