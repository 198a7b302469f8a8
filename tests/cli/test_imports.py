"""`headsup import`: all of a file, or nothing and the reason."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from app.kit.db.engine import Database
from tests.cli.conftest import Headsup

SUBSCRIPTIONS = ("id", "user_id", "academy_id", "status", "started_at", "mrr", "updated_at")
TABLES = ("academies", "subscriptions", "subscription_history", "telemetry_samples", "lake_files")


def csv_of(folder: Path, names: Sequence[str], *rows: Sequence[object]) -> str:
    lines = [",".join(map(str, row)) for row in (names, *rows)]
    path = folder / "rows.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def subscription_file(folder: Path, **changes: object) -> str:
    """A file whose second row has the changes."""
    sound = dict.fromkeys(SUBSCRIPTIONS, "") | {
        "id": "a",
        "user_id": 1,
        "academy_id": 1,
        "status": "ACTIVE",
        "started_at": "2026-01-01T00:00:00Z",
    }
    second = sound | {"id": "b"} | changes
    return csv_of(folder, SUBSCRIPTIONS, list(sound.values()), list(second.values()))


async def is_empty(database: Database) -> bool:
    """Say whether no import has left anything."""
    nothing = " AND ".join(f"NOT EXISTS (SELECT FROM {table})" for table in TABLES)
    async with database.engine.connect() as connection:
        return bool(await connection.scalar(text(f"SELECT {nothing}")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user_id": "one"}, "user_id: found 'one', expected a whole number"),
        ({"user_id": 1.5}, "user_id: found '1.5', expected a whole number"),
        ({"status": "PAUSED"}, "status: found 'PAUSED', expected one of FREE_TRIAL, ACTIVE"),
        ({"started_at": "soon"}, "started_at: found 'soon', expected a time such as 2024-01-31"),
        ({"mrr": "inf"}, "mrr: found 'inf', expected a finite number"),
        ({"mrr": "NaN"}, "mrr: found 'NaN', expected a finite number"),
        ({"updated_at": "9998-01-01"}, "updated_at: found '9998-01-01', expected a time such as"),
        ({"id": ""}, "id: found nothing, expected text"),
    ],
)
async def test_a_row_that_cannot_be_used_is_named_and_nothing_is_imported(
    headsup: Headsup, database: Database, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    answer = headsup("import", "subscriptions", subscription_file(tmp_path, **changes))

    assert answer.status == 2
    assert "rows.csv: nothing was imported, 1 fault" in answer.complaint
    assert f"row 2 (line 3), {said}" in answer.complaint
    assert answer.complaint.count(said) == 1
    assert answer.out == ""
    assert await is_empty(database)


async def test_every_fault_is_counted_and_the_first_are_listed(
    headsup: Headsup, database: Database, tmp_path: Path
) -> None:
    rows = [(n, 1, "login", "soon") for n in range(30)]
    path = csv_of(tmp_path, ("id", "user_id", "kind", "timestamp"), *rows)

    answer = headsup("import", "activity", path)

    assert answer.status == 2
    assert "nothing was imported, 30 faults" in answer.complaint
    assert "and 20 more" in answer.complaint
    assert await is_empty(database)


async def test_a_file_without_a_column_is_refused(
    headsup: Headsup, database: Database, tmp_path: Path
) -> None:
    path = csv_of(
        tmp_path, ("id", "user_id", "academy_id", "started_at"), ("a", 1, 1, "2026-01-01")
    )

    answer = headsup("import", "subscriptions", path)

    assert answer.status == 2
    assert "rows.csv has no column status; it has id, user_id, academy_id" in answer.complaint
    assert await is_empty(database)


@pytest.mark.parametrize("value", ["NaN", "-inf", "1e999", "high"])
async def test_a_score_that_is_no_finite_number_is_refused(
    headsup: Headsup, database: Database, tmp_path: Path, value: str
) -> None:
    names = ("user_id", "timestamp", "engagement_score", "frustration_score")
    path = csv_of(tmp_path, names, (1, "2026-01-01T10:00:00Z", value, 10))

    answer = headsup("import", "telemetry", path)

    assert answer.status == 2
    assert f"engagement_score: found '{value}', expected a finite number" in answer.complaint
    assert await is_empty(database)


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("activity", "absent.csv", "There is no file"),
        ("activity", "", "There is no file"),
        ("activity", "rows.xlsx", "rows.xlsx is of no known kind: the name must end in one of"),
        ("activity", "rows.parquet", "rows.parquet cannot be read"),
        ("logins", "rows.csv", "'logins' is not one of 'academies', 'users', 'subscriptions'"),
        ("users", "rows.csv", "rows.csv is empty, without even a header"),
    ],
)
async def test_an_unreadable_import_is_refused(
    headsup: Headsup, database: Database, tmp_path: Path, kind: str, name: str, said: str
) -> None:
    for present in ("rows.csv", "rows.xlsx", "rows.parquet"):
        (tmp_path / present).touch()

    answer = headsup("import", kind, str(tmp_path / name))

    assert answer.status == 2
    assert said in answer.complaint
    assert await is_empty(database)


def test_days_are_only_replaced_by_activity(headsup: Headsup, tmp_path: Path) -> None:
    path = csv_of(tmp_path, ("id", "email"), (1, "a@example.org"))

    answer = headsup("import", "users", path, "--replace-days")

    assert answer.status == 2
    assert "--replace-days goes with activity only" in answer.complaint


def test_an_import_says_what_it_did_and_the_second_that_there_was_nothing_to_do(
    headsup: Headsup, tmp_path: Path
) -> None:
    path = subscription_file(tmp_path)

    first, second = (headsup("import", "subscriptions", path) for _ in range(2))

    assert (first.status, first.out) == (0, "2 rows of subscriptions read: 2 inserted.\n")
    assert (second.status, second.out) == (0, "2 rows of subscriptions read: 2 unchanged.\n")
    assert first.err == second.err == ""


def test_columns_that_are_not_used_are_named_beside_the_answer(
    headsup: Headsup, tmp_path: Path
) -> None:
    path = csv_of(tmp_path, ("id", "slug", "name", "city"), (1, "one", "One", "Rome"))

    answer = headsup("import", "academies", path)

    assert (answer.status, answer.out) == (0, "1 row of academies read: 1 inserted.\n")
    assert answer.err == "Columns that are not used: city.\n"


@pytest.mark.parametrize("replace", [False, True])
def test_activity_is_added_or_its_days_are_replaced(
    headsup: Headsup, tmp_path: Path, *, replace: bool
) -> None:
    names = ("id", "user_id", "kind", "timestamp")
    path = csv_of(tmp_path, names, ("a", 1, "login", "2026-01-01"), ("b", 1, "login", "2026-01-01"))
    headsup("import", "activity", path)
    path = csv_of(tmp_path, names, ("c", 1, "login", "2026-01-01"))

    options = ["--replace-days"] if replace else []
    assert headsup("import", "activity", path, *options).status == 0

    expected = "1 row from 2026-01-01" if replace else "3 rows from 2026-01-01"
    assert expected in headsup("doctor").out
