"""`headsup generate-report` and `headsup plan`: what they say, and the status they leave with."""

import getpass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from app.kit.db.engine import Database
from app.runs.models import Origin, Run, RunStatus
from tests.cli.conftest import DAY, Answer, Headsup, noon, two_academies
from tests.support.database_copies import copied_database
from tests.support.report_runs import event, put_activity, sources_of

database = copied_database(two_academies, "home")


@pytest.fixture
async def silent_day(database: Database, tmp_path: Path) -> date:
    """A day after `DAY` on which nobody of academy 1 is seen, and all of academy 2 are."""
    day = DAY + timedelta(days=1)
    logins = [event(100 + n, noon(day)) for n in range(5)]
    await put_activity(sources_of(database, tmp_path / "home"), logins)
    return day


def report(headsup: Headsup, first: date, last: date, *options: str) -> Answer:
    span = ("--from", str(first), "--to", str(last))
    return headsup("generate-report", "churn", *span, *options)


def test_a_run_tells_its_days_beside_and_shows_the_newest(headsup: Headsup) -> None:
    answer = report(headsup, DAY - timedelta(days=1), DAY)

    assert answer.status == 0
    lines = answer.err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "2026-05-19  published",
        "2026-05-20  published",
    ]
    assert "DONE: 2 days (2 published), 60 rows," in answer.out
    assert "Churn risk on 2026-05-20" in answer.out
    assert "The 10 riskiest" in answer.out


def test_without_a_terminal_nothing_is_drawn_over(headsup: Headsup) -> None:
    answer = report(headsup, DAY, DAY)

    assert "\x1b" not in answer.out + answer.err
    assert "\r" not in answer.out + answer.err


def test_the_days_need_no_option(headsup: Headsup) -> None:
    answer = headsup("generate-report", "churn")

    assert "1 day (" in answer.out
    assert headsup("generate-report", "churn", "--days-back", "2").out.count("2 days (") == 1


def test_a_second_run_says_that_nothing_changed(headsup: Headsup) -> None:
    report(headsup, DAY, DAY)

    answer = report(headsup, DAY, DAY)

    assert answer.status == 0
    assert "DONE: 1 day (1 unchanged), 30 rows" in answer.out


def test_one_academy_is_run_and_shown_alone(headsup: Headsup) -> None:
    answer = report(headsup, DAY, DAY, "--academy", "2")

    assert answer.status == 0
    assert "5 rows" in answer.out
    assert "academy 2" in answer.out
    assert "academy 1" not in answer.out


def test_held_academies_are_a_warning(headsup: Headsup, silent_day: date) -> None:
    report(headsup, DAY, DAY)

    answer = report(headsup, silent_day, silent_day)

    assert answer.status == 0
    assert "DONE: 1 day (1 published)" in answer.out
    assert f"Held: {silent_day}, academy 1: Held, because data may be missing" in answer.complaint


def test_a_day_that_is_held_everywhere_is_a_failure(headsup: Headsup, silent_day: date) -> None:
    report(headsup, DAY, DAY)

    answer = report(headsup, silent_day, silent_day, "--academy", "1")

    assert answer.status == 1
    assert "PARTIAL: 1 day (1 held)" in answer.out
    assert f"{silent_day}  held" in answer.err


def test_force_publishes_what_would_be_held(headsup: Headsup, silent_day: date) -> None:
    report(headsup, DAY, DAY)

    answer = report(headsup, silent_day, silent_day, "--force")

    assert answer.status == 0
    assert "1 published" in answer.out
    assert "Held" not in answer.err


def test_a_dry_run_tells_what_would_change_and_saves_nothing(headsup: Headsup) -> None:
    answer = report(headsup, DAY, DAY, "--dry-run")

    assert answer.status == 0
    assert "DONE: 1 day (1 computed), 30 rows" in answer.out
    assert "2026-05-20, academy 2: gate: Published: 5 subscribers" in answer.words
    assert "; levels: LOW 5; changed: none; stored_rows: 0" in answer.words
    assert "; alerts: closed (none), opened (none)" in answer.words
    assert headsup("export", "churn", "--date", str(DAY)).status == 2


def test_only_what_is_missing_is_run(headsup: Headsup) -> None:
    report(headsup, DAY - timedelta(days=1), DAY - timedelta(days=1))

    answer = report(headsup, DAY - timedelta(days=2), DAY, "--only", "missing")
    again = report(headsup, DAY - timedelta(days=2), DAY, "--only", "missing")

    assert "2 days (2 published)" in answer.out
    assert (again.status, again.err) == (0, "")
    assert "DONE: 0 days (none to run)" in again.out


def test_only_what_is_held_is_run_again(headsup: Headsup, silent_day: date) -> None:
    report(headsup, DAY, silent_day)

    answer = report(headsup, DAY, silent_day, "--only", "failed")

    assert answer.status == 0
    assert answer.err.startswith(str(silent_day))
    assert "1 day (" in answer.out


def test_only_what_failed_is_run_again(headsup: Headsup, tmp_path: Path) -> None:
    lost = next((tmp_path / "home" / "lake" / str(DAY)).glob("*.parquet"))
    kept = lost.rename(lost.with_suffix(".kept"))
    failed = report(headsup, DAY, DAY)
    kept.rename(lost)

    answer = report(headsup, DAY - timedelta(days=3), DAY, "--only", "failed")

    assert failed.status == 1
    assert f"{lost} is lost or damaged" in failed.complaint
    assert (answer.status, "DONE: 1 day (1 published), 30 rows" in answer.out) == (0, True)


def test_verbose_tells_what_is_done_beside_the_answer(headsup: Headsup) -> None:
    quiet = report(headsup, DAY, DAY)
    answer = report(headsup, DAY, DAY, "-v")

    assert "chunk.fetched" in answer.err
    assert "run.done" in answer.err
    assert "chunk.fetched" not in quiet.err + quiet.out + answer.out


def test_a_day_on_which_nobody_was_live_is_done_and_said(headsup: Headsup) -> None:
    answer = report(headsup, date(2024, 1, 1), date(2024, 1, 1))

    assert answer.status == 0
    assert "Nobody was live on these days" in answer.complaint


def test_a_plan_tells_days_scans_and_bytes_and_runs_nothing(headsup: Headsup) -> None:
    report(headsup, DAY, DAY)

    answer = headsup("plan", "churn", "--from", "2026-05-18", "--to", "2026-05-20")
    missing = headsup(
        "plan", "churn", "--from", "2026-05-18", "--to", "2026-05-20", "--only", "missing"
    )

    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("3 of 3 days would be run, in 1 scan reading ")
    assert "Their days of academies so far: 2 published." in answer.out
    assert missing.out.startswith("2 of 3 days would be run")
    assert headsup("export", "churn", "--date", "2026-05-18").status == 2


async def test_a_plan_foresees_the_bytes_that_the_run_reads(
    headsup: Headsup, database: Database, tmp_path: Path
) -> None:
    await put_activity(sources_of(database, tmp_path / "home"), [event(1, noon(DAY), id="another")])
    planned = headsup("plan", "churn", "--date", str(DAY)).out
    read = report(headsup, DAY, DAY).out.split(" rows, ")[1].split(" bytes")[0]

    assert f"reading {read} bytes" in planned


async def test_the_run_is_recorded_with_who_asked(headsup: Headsup, database: Database) -> None:
    report(headsup, DAY, DAY, "--force")

    async with database.transaction() as session:
        (run,) = (await session.exec(select(Run))).all()
    assert (run.status, run.origin, run.force) == (RunStatus.DONE, Origin.COMMAND, True)
    assert (run.requested_by, run.day_from, run.day_to) == (getpass.getuser(), DAY, DAY)
