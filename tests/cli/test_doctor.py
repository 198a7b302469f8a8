"""`headsup doctor`: what is configured, empty, stale or held."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kit.clock import utc_now
from app.kit.db.engine import Database
from app.sources.imports.import_file import FileKind
from tests.cli.conftest import Headsup, two_academies
from tests.support.published_days import publish, risk
from tests.support.report_runs import (
    event,
    put,
    put_activity,
    sources_of,
    subscription,
)
from tests.support.run_records import claim_run, new_run


@pytest.fixture
async def yesterdays_academy(database: Database, tmp_path: Path) -> None:
    """An academy of 25 learners who were active on each day up to yesterday."""
    users = range(1, 26)
    await put(database, FileKind.ACADEMIES, [{"id": 1, "slug": "one", "name": "One"}])
    await put(database, FileKind.SUBSCRIPTIONS, [subscription(user_id) for user_id in users])
    noon = utc_now().replace(hour=12, minute=0, second=0, microsecond=0)
    logins = [event(user, noon - timedelta(days=back)) for user in users for back in range(1, 16)]
    await put_activity(sources_of(database, tmp_path / "home"), logins)


def test_an_empty_home_is_wrong_and_says_what_to_bring(headsup: Headsup) -> None:
    answer = headsup("doctor")

    assert answer.status == 1
    assert "none: run `headsup import subscriptions FILE`" in answer.out
    assert "none: run `headsup import activity FILE`" in answer.out
    assert answer.out.endswith("2 wrong.\n")


def test_a_misspelt_setting_is_a_warning(headsup: Headsup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSUP_DATABSE_URL", "postgresql://here/x")

    answer = headsup("doctor")

    assert "HEADSUP_DATABSE_URL is no setting of this service" in answer.words


@pytest.mark.usefixtures("yesterdays_academy")
def test_a_service_that_is_up_to_date_is_fine(headsup: Headsup, tmp_path: Path) -> None:
    assert headsup("generate-report", "churn").status == 0

    answer = headsup("doctor")

    assert (answer.status, answer.err) == (0, "")
    assert f"home {tmp_path / 'home'}, external database, warehouse lake" in answer.words
    assert "25 in 25 versions" in answer.out
    assert "published up to" in answer.out
    assert "WRONG" not in answer.out
    assert "look" not in answer.out


async def test_old_activity_and_a_missing_report_are_warnings(
    headsup: Headsup, database: Database, tmp_path: Path
) -> None:
    await two_academies(database, tmp_path / "home")

    answer = headsup("doctor")

    assert answer.status == 0
    assert "nothing newer has arrived" in answer.out
    assert "nothing is published: run `headsup generate-report churn`" in answer.out


@pytest.mark.usefixtures("yesterdays_academy")
def test_a_lost_file_of_the_lake_is_wrong(headsup: Headsup, tmp_path: Path) -> None:
    day = yesterday_noon().date() - timedelta(days=3)
    lost = next((tmp_path / "home" / "lake" / str(day)).glob("*.parquet"))
    lost.write_bytes(lost.read_bytes()[:-1])

    answer = headsup("doctor")

    assert answer.status == 1
    assert (
        f"lost or damaged: 1 of its files, from {day} to {day}; import that activity"
        in answer.words
    )


@pytest.mark.usefixtures("yesterdays_academy")
async def test_a_held_day_is_wrong_and_says_why(
    headsup: Headsup, database: Database, tmp_path: Path
) -> None:
    await put_activity(
        sources_of(database, tmp_path / "home"), [event(1, yesterday_noon())], replace=True
    )
    headsup("generate-report", "churn")

    answer = headsup("doctor")

    assert answer.status == 1
    assert f"{yesterday_noon():%Y-%m-%d}, academy 1" in answer.out
    assert "held: Held, because data may be missing: 1 subscriber was active" in answer.words


async def test_alerts_that_were_not_evaluated_are_a_warning(
    headsup: Headsup, database: Database
) -> None:
    await publish(database, risk())

    answer = headsup("doctor")

    assert "alerts are owed for 1 day of academies, published since" in answer.words


async def test_a_run_that_its_worker_left_is_worth_a_look(
    headsup: Headsup, database: Database
) -> None:
    run = await new_run(database)
    left = headsup("doctor").words
    assert await claim_run(database, run.id)
    taken = headsup("doctor").words

    said = "nobody works on that of churn from 2026-03-01 to 2026-03-04"
    assert said in left
    assert said not in taken


def test_a_database_that_does_not_answer_is_wrong_and_no_secret_is_told(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSUP_DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/x")

    answer = headsup("doctor")

    assert answer.status == 1
    assert "Postgres at 127.0.0.1:9/x did not answer" in answer.words
    assert "secret" not in answer.out + answer.err


def yesterday_noon() -> datetime:
    today = utc_now().date()
    return datetime(today.year, today.month, today.day, 12, tzinfo=UTC) - timedelta(days=1)
