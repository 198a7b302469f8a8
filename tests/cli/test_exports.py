"""`headsup export`: every column of the rows that are stored, into a file or to the terminal."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import polars as pl

from app.reports.churn.columns import STORED_COLUMNS
from tests.cli.conftest import DAY, Headsup, published
from tests.support.database_copies import copied_database

BEFORE = DAY - timedelta(days=1)


database = copied_database(published, "home")


def test_a_day_is_printed_with_every_column(headsup: Headsup) -> None:
    answer = headsup("export", "churn", "--date", str(DAY))

    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert (answer.status, answer.err) == (0, "30 rows.\n")
    assert len(rows) == 30
    assert list(rows[0]) == [*STORED_COLUMNS, "run_id", "details"]
    assert {row["report_date"] for row in rows} == {str(DAY)}


def test_days_of_one_academy_are_printed_in_the_order_of_their_key(headsup: Headsup) -> None:
    span = ("--from", str(BEFORE), "--to", str(DAY))

    answer = headsup("export", "churn", *span, "--academy", "2", "--format", "ndjson")

    rows = [json.loads(line) for line in answer.out.splitlines()]
    keys = [(row["report_date"], row["academy_id"], row["user_id"]) for row in rows]
    assert keys == [(str(day), 2, 100 + n) for day in (BEFORE, DAY) for n in range(5)]


def test_ndjson_has_the_breakdown_as_an_object(headsup: Headsup) -> None:
    answer = headsup("export", "churn", "--date", str(DAY), "--format", "ndjson")

    row = json.loads(answer.out.splitlines()[0])
    assert row["details"]["schema_version"] == 1
    assert row["details"]["signals"]["inactivity"]["weight"] == 0.25
    assert row["churn_risk_score"] == 0.0


def test_the_name_of_the_file_says_its_form(headsup: Headsup, tmp_path: Path) -> None:
    targets = [tmp_path / f"risks.{form}" for form in ("csv", "ndjson", "parquet")]
    for target in targets:
        target.write_text("an older file", "utf-8")

        answer = headsup("export", "churn", "--date", str(DAY), "-o", str(target))
        assert (answer.status, answer.out, answer.err) == (0, "", "30 rows.\n")

    in_csv, in_ndjson, in_parquet = targets
    frames = [pl.read_csv(in_csv), pl.read_ndjson(in_ndjson), pl.read_parquet(in_parquet)]
    found = [frame.select("user_id", "churn_risk_score", "tenure_days").rows() for frame in frames]
    assert found[0] == found[1] == found[2]
    assert sorted(tmp_path.glob("*risks*")) == targets


def test_what_is_written_is_for_its_owner_alone(headsup: Headsup, tmp_path: Path) -> None:
    target = tmp_path / "risks.csv"

    headsup("export", "churn", "--date", str(DAY), "-o", str(target))

    kept = [target, tmp_path / "home" / "lake", tmp_path / "home" / "spool"]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0, 0, 0]


def test_parquet_keeps_the_types(headsup: Headsup, tmp_path: Path) -> None:
    target = tmp_path / "risks"

    headsup("export", "churn", "--date", str(DAY), "--format", "parquet", "-o", str(target))

    schema = pl.read_parquet_schema(target)
    assert {name: schema[name] for name in STORED_COLUMNS} == dict(STORED_COLUMNS)


def test_nothing_published_is_refused_without_a_word_or_a_file(
    headsup: Headsup, tmp_path: Path
) -> None:
    day = DAY + timedelta(days=1)
    target = tmp_path / "risks.csv"

    printed = headsup("export", "churn", "--date", str(day))
    written = headsup("export", "churn", "--date", str(day), "-o", str(target))

    assert (printed.status, printed.out) == (written.status, written.out) == (2, "")
    assert (
        f"Nothing is published on {day}. Run `headsup generate-report churn --date {day}`"
        in written.complaint
    )
    assert not list(tmp_path.glob("*risks*"))


def test_an_older_file_stays_when_nothing_is_published(headsup: Headsup, tmp_path: Path) -> None:
    target = tmp_path / "risks.csv"
    target.write_text("an older file", "utf-8")

    assert headsup("export", "churn", "--date", "2026-01-01", "-o", str(target)).status == 2

    assert target.read_text("utf-8") == "an older file"


def test_a_folder_that_is_not_there_is_named(headsup: Headsup, tmp_path: Path) -> None:
    target = tmp_path / "absent" / "risks.csv"

    answer = headsup("export", "churn", "--date", str(DAY), "-o", str(target))

    assert answer.status == 2
    assert f"There is no folder {target.parent} to write risks.csv into" in answer.complaint


def test_a_folder_is_no_file_to_write(headsup: Headsup, tmp_path: Path) -> None:
    answer = headsup("export", "churn", "--date", str(DAY), "-o", str(tmp_path))

    assert answer.status == 2
    assert f"{tmp_path} is a folder" in answer.complaint


def test_a_file_that_cannot_be_written_is_named(headsup: Headsup) -> None:
    answer = headsup("export", "churn", "--date", str(DAY), "-o", "/proc/risks.csv")

    assert answer.status == 1
    assert "Error: /proc/risks.csv cannot be written: " in answer.complaint


def test_an_unknown_form_is_refused(headsup: Headsup) -> None:
    answer = headsup("export", "churn", "--date", str(DAY), "--format", "xlsx")

    assert answer.status == 2
    assert "'xlsx' is not one of 'csv', 'parquet', 'ndjson'" in answer.complaint
