"""What cannot be done is refused with a sentence that says why, and a status of its own."""

import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from tests.cli.conftest import Headsup

WRONG_DAYS = [
    pytest.param("--date 9999-01-01", "9999-01-01 is not over yet", id="a future date"),
    pytest.param("--date 0001-01-05", "the earliest day is 1971-01-01", id="too long ago"),
    pytest.param("--date 2026-02-30", "'2026-02-30' does not match", id="no date"),
    pytest.param("--from 2026-05-02 --to 2026-05-01", "is after the last", id="from after to"),
    pytest.param("--from 2026-05-02", "a first and a last day go together", id="no last day"),
    pytest.param("--to 2026-05-02", "a first and a last day go together", id="no first day"),
    pytest.param("--from 2020-01-01 --to 2024-12-31", "at most 1500 days", id="too many days"),
    pytest.param(
        "--date 2026-05-01 --from 2026-05-01 --to 2026-05-02", "give one of", id="date and range"
    ),
]
WRONG_DAYS_BACK = [
    pytest.param("--date 2026-05-01 --days-back 3", "give one of", id="date and days back"),
    pytest.param("--days-back 0", "0 is not between 1 and 366", id="no days back"),
    pytest.param("--days-back 367", "367 is not between 1 and 366", id="too far back"),
    pytest.param("--days-back two", "'two' is not a valid int", id="no number of days"),
    pytest.param("--only some", "'some' is not one of 'all', 'missing', 'failed'", id="only"),
]
WRONG_ANYWHERE = [
    pytest.param("--academy 99", "Nothing is known of an academy 99", id="unknown academy"),
    pytest.param(
        "--academy 99999999999999999999", "Nothing is known of an academy 9999", id="huge academy"
    ),
    pytest.param("--academy -1", "Nothing is known of an academy -1", id="negative academy"),
    pytest.param("--academy one", "'one' is not a valid int", id="no academy"),
    pytest.param("--frobnicate", "No such option: --frobnicate", id="unknown option"),
]


@pytest.mark.parametrize(("options", "said"), [*WRONG_DAYS, *WRONG_DAYS_BACK, *WRONG_ANYWHERE])
def test_a_run_that_cannot_be_is_refused(headsup: Headsup, options: str, said: str) -> None:
    answer = headsup("generate-report", "churn", *options.split())

    assert answer.status == 2
    assert answer.complaint.count(said) == 1
    assert answer.out == ""


@pytest.mark.parametrize(("options", "said"), [WRONG_DAYS[0], WRONG_DAYS_BACK[0], *WRONG_ANYWHERE])
def test_a_plan_that_cannot_be_is_refused(headsup: Headsup, options: str, said: str) -> None:
    answer = headsup("plan", "churn", *options.split())

    assert answer.status == 2
    assert said in answer.complaint
    assert answer.out == ""


@pytest.mark.parametrize(("options", "said"), [*WRONG_DAYS, *WRONG_ANYWHERE])
def test_an_export_that_cannot_be_is_refused(headsup: Headsup, options: str, said: str) -> None:
    answer = headsup("export", "churn", *options.split())

    assert answer.status == 2
    assert said in answer.complaint
    assert answer.out == ""


@pytest.mark.parametrize("command", ["generate-report", "plan", "export"])
def test_an_unknown_report_is_refused_with_those_there_are(headsup: Headsup, command: str) -> None:
    answer = headsup(command, "revenue", "--date", "2026-05-01")

    assert answer.status == 2
    assert "There is no report 'revenue'. There is: churn." in answer.complaint


@pytest.mark.parametrize("command", ["generate-report", "plan", "export", "import"])
def test_a_command_without_its_argument_is_refused(headsup: Headsup, command: str) -> None:
    answer = headsup(command)

    assert answer.status == 2
    assert "Missing argument" in answer.complaint
    assert f"headsup {command} --help" in answer.complaint


def test_an_unknown_command_is_refused(headsup: Headsup) -> None:
    answer = headsup("generate-reports")

    assert answer.status == 2
    assert "No such command 'generate-reports'" in answer.complaint


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HEADSUP_WAREHOUSE", "redshift://x", "'redshift://x', which is no warehouse known here"),
        ("HEADSUP_TIMEZONE", "Mars/Base", "there is no time zone 'Mars/Base'"),
        ("HEADSUP_MIN_VOLUME_RATIO", "2", "HEADSUP_MIN_VOLUME_RATIO: Input should be less than"),
        ("HEADSUP_QUERY_THREADS", "many", "HEADSUP_QUERY_THREADS: Input should be a valid integer"),
        ("HEADSUP_DATABASE_URL", "mysql://here/x", "must read postgresql://user"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)

    answer = headsup("generate-report", "churn")

    assert answer.status == 2
    assert said in answer.complaint


def test_another_time_zone_than_at_the_first_start_is_refused(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert headsup("plan", "churn").status == 0
    monkeypatch.setenv("HEADSUP_TIMEZONE", "Europe/Madrid")

    answer = headsup("plan", "churn")

    assert answer.status == 2
    assert "this database holds reports of days in UTC: set it to UTC" in answer.complaint


def test_a_home_that_cannot_be_used_is_named(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HEADSUP_DATABASE_URL")
    monkeypatch.setenv("HEADSUP_HOME", str(tmp_path / "my home"))

    answer = headsup("plan", "churn")

    assert answer.status == 2
    assert f"The home '{tmp_path / 'my home'}' has a space" in answer.complaint
    assert "Set HEADSUP_HOME to another folder." in answer.complaint


def test_a_database_that_does_not_answer_is_a_failure(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSUP_DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/x")

    answer = headsup("generate-report", "churn")

    assert answer.status == 1
    assert "Postgres at 127.0.0.1:9/x did not answer" in answer.complaint
    assert "secret" not in answer.err


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("postgresql://me:secret@127.0.0.1:9/x", 1, "Postgres at 127.0.0.1:9/x did not answer"),
        ("mysql://me:secret@here/x", 2, "HEADSUP_DATABASE_URL must read postgresql://user"),
    ],
)
def test_a_database_that_cannot_be_migrated_is_named(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch, url: str, status: int, said: str
) -> None:
    monkeypatch.setenv("HEADSUP_DATABASE_URL", url)

    answer = headsup("migrate")

    assert answer.status == status
    assert said in answer.complaint
    assert "secret" not in answer.err


def test_a_database_without_our_tables_is_refused_until_it_is_migrated(
    headsup: Headsup, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv("HEADSUP_DATABASE_URL", empty_database_url)

    before = headsup("plan", "churn")

    assert before.status == 2
    assert "run `headsup migrate`" in before.complaint
    assert headsup("migrate").status == 0
    assert headsup("plan", "churn").status == 0


def test_an_empty_warehouse_fails_the_day_and_says_what_to_do(headsup: Headsup) -> None:
    answer = headsup("generate-report", "churn", "--date", "2026-05-01")

    assert answer.status == 1
    assert "ERROR: 1 day (1 error), 0 rows" in answer.out
    assert "Failed: 2026-05-01: The warehouse holds no activity at all" in answer.complaint
    assert "headsup import activity FILE" in answer.complaint


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told_before_anything_is_begun(
    headsup: Headsup, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        answer = headsup(command, "--port", port)

    assert answer.status == 1
    assert f"127.0.0.1 port {port} cannot be served on: Address already in use" in answer.complaint
    assert answer.out == ""


@pytest.mark.parametrize(
    "command",
    [
        "migrate",
        "doctor",
        "keys list",
        "alerts stats",
        "plan churn",
        "generate-report churn",
        "export churn --date 2026-05-01",
    ],
)
async def test_a_newer_versions_database_is_refused(
    headsup: Headsup, database: Database, command: str
) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_tomorrow'"))

    answer = headsup(*command.split())

    assert answer.status == 1
    assert "The database is newer than this version of Headsup" in answer.complaint + answer.words
