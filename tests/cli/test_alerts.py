"""`headsup alerts`."""

import asyncio
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from app.alerts.enums import AlertStatus
from app.cli.alerts import alerts_app
from app.kit.db.engine import Database
from app.kit.errors import NotFound
from tests.support.churn_alerts import (
    alerts,
    critical_learner,
    learner_with_failed_payment,
    publish_and_evaluate,
)


async def said(database: Database, *words: str) -> Result:
    """Run the command in a thread, since it brings its own loop."""
    environment = {"HEADSUP_DATABASE_URL": database.url, "COLUMNS": "160"}
    return await asyncio.to_thread(
        lambda: CliRunner().invoke(alerts_app, list(words), env=environment)
    )


@pytest.fixture
async def alert_ids(database: Database) -> Sequence[int]:
    """Two open alerts."""
    await publish_and_evaluate(database, critical_learner(1), learner_with_failed_payment(2))
    return [alert.id for alert in await alerts(database)]


async def test_the_list_says_who_and_why(database: Database, alert_ids: Sequence[int]) -> None:
    answer = await said(database, "list")

    assert "2 of 2 alerts: 2 critical" in answer.stdout
    assert "user 1" in answer.stdout
    assert "a payment failed" in answer.stdout
    assert all(str(number) in answer.stdout for number in alert_ids)


async def test_what_is_resolved_leaves_the_list(
    database: Database, alert_ids: Sequence[int]
) -> None:
    words = ["--action", "CONTACTED", "--action-taken", "called"]
    first = await said(database, "resolve", str(alert_ids[0]), *words)
    left = await said(database, "list")
    second = await said(database, "resolve", str(alert_ids[1]), *words)
    listed = await said(database, "list")

    assert (first.stdout, second.stdout) == ("1 resolved.\n", "1 resolved.\n")
    assert "1 of 1 alert:" in left.stdout
    assert "0 of 0 alerts" in listed.stdout
    found = await alerts(database)
    assert {alert.status for alert in found} == {AlertStatus.RESOLVED}
    assert {alert.action_taken for alert in found} == {"called"}


async def test_an_alert_that_is_not_there_resolves_none(
    database: Database, alert_ids: Sequence[int]
) -> None:
    answer = await said(database, "resolve", str(alert_ids[0]), "999999")

    assert isinstance(answer.exception, NotFound)
    assert {alert.status for alert in await alerts(database)} == {AlertStatus.OPEN}


async def test_the_stats_count_by_type(database: Database, alert_ids: Sequence[int]) -> None:
    assert len(alert_ids) == 2

    answer = await said(database, "stats", "--from", "2026-03-01", "--to", "2026-03-31")

    assert "inactivity" in answer.stdout
    assert "payment risk" in answer.stdout
    assert "initial" in answer.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--academy", str(2**63)],
        ["stats", "--academy", "0"],
        ["resolve", str(2**63)],
        ["resolve", "1", "--action-taken", "x" * 4_001],
        ["resolve", "1", "--action-taken", " "],
    ],
)
def test_a_value_beyond_its_bounds_is_wrong_usage(words: list[str]) -> None:
    assert CliRunner().invoke(alerts_app, words).exit_code == 2
