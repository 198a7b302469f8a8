"""What is said to whoever looks after the service."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app.kit.db.engine import Database
from app.runs.ledger.quality_gate import DayState
from app.runs.models import EVERY_ACADEMY, RunStatus
from tests.support.churn_alerts import publish_and_evaluate
from tests.support.http_client import NOW, open_client, service
from tests.support.published_days import (
    DAY,
    PUBLISHED_AT,
    publish,
    risk,
)
from tests.support.run_polling import queue_run
from tests.support.run_records import claim_run, new_run, run_of_silent_worker

HANDBOOK = Path(__file__).parents[2] / "docs" / "operations.md"


async def ask(database: Database, home: Path, path: str) -> httpx.Response:
    """Ask the service without a key."""
    async with open_client(service(database, home)) as client:
        return await client.get(path)


async def metrics(database: Database, home: Path) -> dict[tuple[str, ...], float]:
    """Map each of our metrics, with its labels, to its value."""
    answer = await ask(database, home, "/metrics")
    return {
        (sample.name.removeprefix("headsup_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name.startswith("headsup_")
    }


async def test_a_running_process_is_healthy(database: Database, tmp_path: Path) -> None:
    answer = await ask(database, tmp_path, "/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_service_whose_night_is_published_is_ready(
    database: Database, tmp_path: Path
) -> None:
    await publish_and_evaluate(database, risk())

    answer = await ask(database, tmp_path, "/readyz")

    ready = answer.json()
    assert (answer.status_code, ready["status"], ready["warnings"]) == (200, "ready", [])


async def test_a_held_day_is_a_warning_without_names(database: Database, tmp_path: Path) -> None:
    await publish_and_evaluate(
        database, risk(), state=DayState.HELD, reason="12 subscribers of academy 1"
    )

    answer = await ask(database, tmp_path, "/readyz")

    assert answer.json()["warnings"] == [f"churn: {DAY} is held"]


async def test_an_overdue_day_is_a_warning(database: Database, tmp_path: Path) -> None:
    await publish_and_evaluate(database, risk(report_date=DAY - timedelta(days=1)))

    (warning,) = (await ask(database, tmp_path, "/readyz")).json()["warnings"]

    assert warning.startswith(f"churn: {DAY} is missing")


async def test_alerts_that_nobody_evaluates_are_a_warning_and_a_figure(
    database: Database, tmp_path: Path
) -> None:
    await publish(database, risk(), risk(academy_id=2))

    (warning,) = (await ask(database, tmp_path, "/readyz")).json()["warnings"]
    found = await metrics(database, tmp_path)

    assert warning.startswith("churn: alerts are owed for 2 days of academies, published since")
    assert found["owed_seconds", "alerts", "churn"] == (NOW - PUBLISHED_AT).total_seconds()


async def test_tables_of_an_older_version_are_not_ready(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as session:
        old = "UPDATE alembic_version SET version_num = 'sources'"
        await (await session.connection()).execute(text(old))

    answer = await ask(database, tmp_path, "/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/database"]


async def test_metrics_are_counted_from_the_tables(database: Database, tmp_path: Path) -> None:
    await publish_and_evaluate(database, risk())
    run = await new_run(database)
    await claim_run(database, run.id)
    await run_of_silent_worker(database, run.id)

    found = await metrics(database, tmp_path)

    assert found["newest_published_day_age_seconds", "churn"] == 9 * 3600
    assert found["runs", "churn", RunStatus.RUNNING] == 1
    assert found["silent_runs", "churn"] == 1
    assert found["owed_seconds", "alerts", "churn"] == 0
    assert found["oldest_active_run_seconds", "churn"] == (NOW - run.created_at).total_seconds()


@pytest.mark.parametrize("state", [DayState.HELD, DayState.ERROR])
async def test_days_that_were_not_published_are_counted(
    database: Database, tmp_path: Path, state: DayState
) -> None:
    await publish(database, risk(), risk(academy_id=2), state=state)

    assert (await metrics(database, tmp_path))["unpublished_days", "churn", state] == 2


@pytest.mark.parametrize(("state", "count"), [(DayState.HELD, 0), (DayState.ERROR, 1)])
async def test_a_day_that_is_held_for_all_is_counted_by_its_academies(
    database: Database, tmp_path: Path, state: DayState, count: int
) -> None:
    await publish(database, risk(academy_id=EVERY_ACADEMY), state=state)

    found = await metrics(database, tmp_path)

    assert found.get(("unpublished_days", "churn", state), 0) == count


async def test_every_metric_and_label_that_the_handbook_alerts_on_is_there(
    database: Database, tmp_path: Path
) -> None:
    """An alert on a name that nobody exports never fires."""
    await publish(database, risk(), state=DayState.HELD)
    await queue_run(database, DAY, DAY)
    answer = await ask(database, tmp_path, "/metrics")
    there = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }

    wanted = re.findall(r"\b(headsup_\w+)(?:\{(\w+)=)?", HANDBOOK.read_text("utf-8"))

    assert len(wanted) > 8
    for name, label in wanted:
        assert {label} - {""} <= there[name], name
