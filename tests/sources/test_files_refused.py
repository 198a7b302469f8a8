"""How a file that cannot be imported is refused."""

import gzip
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from app.kit.errors import Invalid
from app.sources.imports import ACTIVITY_COLUMNS
from app.sources.imports.reader import FILE_ROWS_PER_BATCH
from tests.support.import_files import NAMES, NOW, ROW, csv_of, read, write
from tests.support.memory import forget_peak, peak_bytes

GOOD = "a,7,ACTIVE,2024-05-01,1,EUR"
DAMAGED_GZIP = gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20
MB = 1 << 20


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (",7,,,,", "id", "found nothing, expected text"),
        ("  ,7,,,,", "id", "found nothing, expected text"),
        ("a,,,,,", "user_id", "found nothing, expected a whole number of at least 1"),
        ("a,seven,,,,", "user_id", "found 'seven', expected a whole number"),
        ("a,7.5,,,,", "user_id", "found '7.5', expected a whole number"),
        ("a,1e3,,,,", "user_id", "found '1e3', expected a whole number"),
        ("a,0,,,,", "user_id", "found '0', expected a whole number of at least 1"),
        ("a,-1,,,,", "user_id", "found '-1', expected a whole number of at least 1"),
        ("a,9223372036854775808,,,,", "user_id", "found '9223372036854775808'"),
        ("a,7,active,,,", "status", "found 'active', expected one of ACTIVE, OVER"),
        ("a,7,,yesterday,,", "seen_at", "found 'yesterday', expected a time such as 2024-01-31T"),
        ("a,7,,2024-02-30,,", "seen_at", "found '2024-02-30', expected a time"),
        ("a,7,,1714550400,,", "seen_at", "found '1714550400', expected a time"),
        ("a,7,,infinity,,", "seen_at", "found 'infinity', expected a time"),
        ("a,7,,epoch,,", "seen_at", "found 'epoch', expected a time"),
        ("a,7,,2024-06-01T00:00:00.000001Z,,", "seen_at", "not in the future"),
        ("a,7,,,much,", "amount", "found 'much', expected a finite number of at least 0"),
        ("a,7,,,NaN,", "amount", "found 'NaN', expected a finite number"),
        ("a,7,,,inf,", "amount", "found 'inf', expected a finite number"),
        ("a,7,,,1e999,", "amount", "found '1e999', expected a finite number"),
        ("a,7,,,-0.01,", "amount", "found '-0.01', expected a finite number of at least 0"),
        ("a,7,,,1000000.01,", "amount", "of at least 0 and at most 1,000,000"),
        (f"{'x' * 201},7,,,,", "id", "expected text of at most 200 characters"),
        ("a\u200bb,7,,,,", "id", "none of them invisible"),
        ("a\x1fb,7,,,,", "id", "none of them invisible"),
        ("a,7,,1970-12-31T23:59:59Z,,", "seen_at", "from 1971 to 2200"),
        ("a,7,,12024-05-01,,", "seen_at", "found '12024-05-01', expected a time"),
        ("a,7,,2024-05-01T00:00:00+99:99,,", "seen_at", "expected a time"),
        ("a,7,,2024-05-01T00:00:00+14:01,,", "seen_at", "expected a time"),
        ("a,7,,2024-05-01T00:00:00+15,,", "seen_at", "expected a time"),
        ("a,7,,2024-05-01T00:00:00 Europe/Madrid,,", "seen_at", "expected a time"),
        ("a,7,,,,EURO", "currency", "found 'EURO', expected 3 letters"),
        ("a,7,,,,€", "currency", "found '€', expected 3 letters"),
    ],
)
def test_a_value_that_a_column_does_not_take_is_refused(
    tmp_path: Path, line: str, column: str, message: str
) -> None:
    path = write(tmp_path, "a.csv", csv_of(GOOD, line))

    with pytest.raises(Invalid) as refused:
        read(path)

    assert str(refused.value).startswith(
        f"a.csv: nothing was imported, 1 fault:\nrow 2 (line 3), {column}: "
    )
    assert message in str(refused.value)
    assert [fault.pointer for fault in refused.value.faults] == [f"/2/{column}"]


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ({"amount": float("nan")}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"user_id": 0}, "user_id"),
        ({"id": "a\x00b"}, "id"),
        ({"seen_at": NOW + timedelta(microseconds=1)}, "seen_at"),
    ],
)
def test_parquet_is_checked_as_text_is(
    tmp_path: Path, value: dict[str, object], column: str
) -> None:
    pl.DataFrame([ROW, {**ROW, **value}]).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(Invalid, match=rf"row 2, {column}: found"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "row",
    [
        '{"id": "\\ud800", "user_id": 7}',
        '{"id": "a\\u0000", "user_id": 7}',
        '{"id": "' + "x" * 9_000 + '", "user_id": 7}',
        '{"id": "a", "user_id": ' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"id": "a", "user_id": 9223372036854775808}',
        '{"id": "a", "user_id": 7, "seen_at": 1714550400}',
    ],
)
def test_json_that_no_column_takes_is_refused(tmp_path: Path, row: str) -> None:
    path = write(tmp_path, "a.ndjson", '{"id":"a","user_id":7}\n' + row + "\n")

    with pytest.raises(Invalid):
        read(path)


def test_json_is_refused_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ndjson", '{"id":"a","user_id":7}\n\n{"id":"b","user_id":true}\n')

    with pytest.raises(Invalid, match=r"row 2 \(line 3\), user_id: found 'true'"):
        read(path)


def test_a_line_is_counted_in_the_file_not_in_the_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", csv_of('"two\nlines",7,,,,', "", "b,x,,,,"))

    with pytest.raises(Invalid, match=r"row 2 \(line 5\), user_id"):
        read(path)


def test_ten_faults_are_listed_and_all_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", csv_of(*["a,x,y,,,"] * 7))

    with pytest.raises(Invalid, match=r"14 faults:(?s:.*)and 4 more") as refused:
        read(path)

    assert len(refused.value.faults) == 10


def test_a_fault_far_down_the_file_keeps_its_row(tmp_path: Path) -> None:
    count = 2 * FILE_ROWS_PER_BATCH
    users = [7] * count + [0]
    pl.DataFrame({"id": "a", "user_id": users}).write_csv(tmp_path / "a.csv")

    with pytest.raises(Invalid, match=rf"row {count + 1} \(line {count + 2}\), user_id"):
        read(tmp_path / "a.csv")


def test_missing_columns_are_named_beside_those_found(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "name,status\nx,ACTIVE\n")

    with pytest.raises(Invalid, match=r"a.csv has no column id, user_id; it has name, status"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.ndjson", "\n", "a.ndjson is empty"),
        ("a.csv", csv_of("a,7"), r"a.csv cannot be read: .*Line: 2"),
        ("a.csv", csv_of("a,7,,,,,x"), r"a.csv cannot be read: .*Line: 2"),
        ("a.csv", csv_of(GOOD, GOOD).replace("\n", "\r\n", 1), "its lines end in different ways"),
        ("a.csv", csv_of('"a,7,,,,'), r"a.csv cannot be read: .*quote"),
        ("a.csv", NAMES.encode() + b"\n\xff\xfe,7,,,,\n", "a.csv cannot be read"),
        ("a.csv", b"\xff\xfe\x00", "a.csv cannot be read"),
        ("a.csv.gz", b"id,user_id\n", "a.csv.gz cannot be read"),
        ("a.csv.gz", DAMAGED_GZIP, "a.csv.gz cannot be read"),
        ("a.ndjson.gz", DAMAGED_GZIP, "a.ndjson.gz cannot be read"),
        ("a.csv", "id,user_id,id\n", "a.csv has the column id more than once"),
        ("a.ndjson", '{"id": "a"\n', "a.ndjson cannot be read: .*JSON"),
        ("a.ndjson", '[{"id": "a", "user_id": 7}]\n', "a.ndjson cannot be read"),
        ("a.ndjson", '{"id": "a"}\n', "a.ndjson has no column user_id; it has id"),
        ("a.parquet", "", "a.parquet cannot be read"),
        ("a.parquet", "not Parquet at all", "a.parquet cannot be read"),
        ("a.xlsx", "", r"a.xlsx is of no known kind: .*\.csv, \.csv\.gz, \.ndjson"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = write(tmp_path, name, content)

    with pytest.raises(Invalid, match=message) as refused:
        read(path)

    assert "auto_detect" not in refused.value.message


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    pl.DataFrame([ROW] * 100).write_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()

    with pytest.raises(Invalid, match=r"b.parquet cannot be read"):
        read(write(tmp_path, "b.parquet", whole[:-20]))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.ndjson.gz"])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, name: str
) -> None:
    path = write(tmp_path, name, gzip.compress(b"x" * 64 * MB, 1, mtime=0))
    before = forget_peak()

    with pytest.raises(Invalid, match=f"{name} has a line of more than 1,000,000 characters"):
        read(path)

    assert peak_bytes() - before < 32 * MB


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Invalid, match="There is no file"):
            read(path)


def test_activity_without_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"a.csv has no column user_id"):
        read(write(tmp_path, "a.csv", "id,kind,timestamp\n"), ACTIVITY_COLUMNS)
