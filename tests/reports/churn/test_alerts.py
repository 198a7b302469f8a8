"""Alerts of published churn days, from the stored rows to the list."""

from datetime import timedelta

import pytest

from app.alerts.enums import AlertStatus, Resolution, Severity
from app.alerts.queries.filters import AlertFilter
from app.alerts.queries.listing import (
    AlertPosition,
    ListedAlert,
    count_alerts,
    list_page,
)
from app.alerts.registry import alert_source
from app.alerts.rules import store
from app.alerts.rules.rule import Rule
from app.kit.db.engine import Database
from app.kit.errors import Invalid, NotFound
from app.runs.ledger.quality_gate import Verdict
from tests.support.churn_alerts import (
    alerts,
    critical_learner,
    evaluate_due_alerts,
    healthy_learner,
    learner_with_failed_payment,
    publish_and_evaluate,
    two_in_the_morning_after,
)
from tests.support.published_days import DAY, publish, risk

NOW = two_in_the_morning_after(DAY)
EVERYTHING = AlertFilter(report_types=["churn"])


async def listed(
    database: Database,
    alerts_filter: AlertFilter = EVERYTHING,
    *,
    limit: int = 10,
    after: AlertPosition | None = None,
    is_grouped: bool = False,
) -> list[ListedAlert]:
    async with database.transaction() as session:
        connection = await session.connection()
        return list(
            await list_page(
                connection, alerts_filter, now=NOW, limit=limit, after=after, is_grouped=is_grouped
            )
        )


async def test_a_published_day_opens_alerts_severest_first(database: Database) -> None:
    await publish_and_evaluate(
        database,
        risk(user_id=1),
        critical_learner(2),
        learner_with_failed_payment(3),
        healthy_learner(4),
    )

    found = await listed(database)

    assert [(item.row["user_id"], item.row["severity"]) for item in found] == [
        (3, "CRITICAL"),
        (2, "CRITICAL"),
        (1, "HIGH"),
    ]
    assert [item.reason for item in found] == [
        "a payment failed",
        "not seen for 14 days or more",
        "not seen for 7 days",
    ]
    assert [(item.value, item.label) for item in found][1] == (80.0, "CRITICAL")


async def test_the_next_page_begins_after_the_last_alert(database: Database) -> None:
    await publish_and_evaluate(database, *(critical_learner(user) for user in range(1, 6)))

    first = await listed(database, limit=3)
    second = await listed(database, limit=3, after=first[-1].position)

    users = [item.row["user_id"] for item in (*first, *second)]
    assert sorted(users) == [1, 2, 3, 4, 5]


async def test_a_grouped_list_has_each_learner_once(database: Database) -> None:
    both = critical_learner(1, subscription_status="PAYMENT_ISSUE", has_payment_issues=True)
    await publish_and_evaluate(database, both, critical_learner(2))

    found = await listed(database, is_grouped=True)

    assert {item.row["user_id"]: item.alerts for item in found} == {1: 2, 2: 1}


async def test_severities_are_counted(database: Database) -> None:
    await publish_and_evaluate(database, risk(user_id=1), critical_learner(2), critical_learner(3))

    async with database.transaction() as session:
        counted = await count_alerts(await session.connection(), EVERYTHING, now=NOW)

    counts = counted.by_severity
    assert (counted.alerts, counted.learners) == (3, 3)
    assert counts[Severity.CRITICAL] == (2, 2)
    assert counts[Severity.HIGH] == (1, 1)
    assert counts[Severity.LOW] == (0, 0)


@pytest.mark.parametrize(
    ("changes", "users"),
    [
        ({"severities": [Severity.HIGH]}, [1]),
        ({"academies": [2]}, [9]),
        ({"types": ["PAYMENT_RISK"]}, [3]),
        ({"user_id": 1}, [1]),
        ({"is_unassigned": True}, [1, 3, 9]),
        ({"assignee": "ana"}, []),
        ({"statuses": [AlertStatus.RESOLVED]}, []),
        ({"triggered_to": DAY - timedelta(days=1)}, []),
    ],
)
async def test_a_filter_restricts_the_list(
    database: Database, changes: dict[str, object], users: list[int]
) -> None:
    await publish_and_evaluate(
        database, risk(user_id=1), learner_with_failed_payment(3), critical_learner(9, academy_id=2)
    )

    found = await listed(database, AlertFilter(report_types=["churn"], **changes))  # type: ignore[arg-type]

    assert sorted(item.row["user_id"] for item in found) == users


async def test_a_learner_of_two_academies_has_two_alerts(database: Database) -> None:
    await publish_and_evaluate(database, critical_learner(1), critical_learner(1, academy_id=2))

    assert [alert.academy_id for alert in await alerts(database)] == [1, 2]


async def test_a_window_with_a_missing_day_fires_payment_alerts_only(database: Database) -> None:
    await publish_and_evaluate(
        database, critical_learner(1), learner_with_failed_payment(2), verdict=Verdict.WINDOW_HOLE
    )

    assert [alert.alert_type for alert in await alerts(database)] == ["PAYMENT_RISK"]


async def test_two_active_days_resolve_the_episode(database: Database) -> None:
    for number, row in enumerate([critical_learner(1), healthy_learner(1), healthy_learner(1)]):
        day = DAY + timedelta(days=number)
        await publish(database, dict(row) | {"report_date": day})
        await evaluate_due_alerts(database, day)

    (alert,) = await alerts(database)
    assert alert.resolution is Resolution.AUTO


async def change(database: Database, academy_id: int | None, **rules: Rule | None) -> None:
    async with database.transaction() as session:
        alerts_filter = store.RuleChange(
            academy_id=academy_id, rules=rules, changed_by="ana", now=NOW
        )
        await store.change_rules(session, alert_source("churn"), alerts_filter)


async def thresholds(database: Database, academy_id: int) -> dict[str, float | None]:
    async with database.transaction() as session:
        rules = await store.effective_rules(session, alert_source("churn"), academy_id)
    return {kind: rule.threshold for kind, rule in rules.items()}


async def test_the_rule_of_an_academy_precedes_the_shared_one_and_the_default(
    database: Database,
) -> None:
    await change(database, None, INACTIVITY=Rule(threshold=10))
    await change(database, 1, INACTIVITY=Rule(threshold=5))

    assert (await thresholds(database, 1))["INACTIVITY"] == 5
    assert (await thresholds(database, 2))["INACTIVITY"] == 10
    assert (await thresholds(database, 2))["HIGH_FRUSTRATION"] == 70

    await change(database, 1, INACTIVITY=None)
    assert (await thresholds(database, 1))["INACTIVITY"] == 10


async def test_alerts_have_the_version_of_their_rule(database: Database) -> None:
    await change(database, 1, INACTIVITY=Rule(threshold=14))
    await publish_and_evaluate(
        database, risk(user_id=1), critical_learner(2), critical_learner(3, academy_id=2)
    )

    inactive = [a for a in await alerts(database) if a.alert_type == "INACTIVITY"]
    assert {alert.user_id: alert.rule_version for alert in inactive} == {2: 1, 3: 0}


async def test_the_same_rule_again_is_no_new_version(database: Database) -> None:
    for _ in range(2):
        await change(database, 1, INACTIVITY=Rule(threshold=14))
    await change(database, 1, INACTIVITY=Rule(threshold=15))
    async with database.transaction() as session:
        rules = await store.effective_rules(session, alert_source("churn"), 1)

    assert rules["INACTIVITY"].version == 2


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ({"WEATHER": Rule()}, "WEATHER"),
        ({"INACTIVITY": Rule(threshold=None)}, "INACTIVITY/threshold"),
        ({"PAYMENT_RISK": Rule(threshold=3)}, "PAYMENT_RISK/threshold"),
    ],
)
async def test_invalid_rules_are_refused(
    database: Database, rules: dict[str, Rule], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await change(database, 1, **rules)

    assert [fault.pointer for fault in refused.value.faults] == [f"/reports/churn/{place}"]


def test_a_report_without_alerts_is_not_found() -> None:
    with pytest.raises(NotFound, match="churn"):
        alert_source("weather")
