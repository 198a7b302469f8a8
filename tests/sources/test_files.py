"""What a file may look like, and what is read from it."""

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from app.sources.imports import ACTIVITY_COLUMNS, read_batches, schema_of
from app.sources.imports.reader import FILE_ROWS_PER_BATCH
from tests.support.files import COLUMNS, NAMES, NOW, ROW, csv_of, read, write

JSON_ROW = ROW | {"seen_at": "2024-05-01T03:30-05:00"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv_of("a,7,ACTIVE,2024-05-01T08:30:00Z,1.5,eur")),
        ("A.CSV", csv_of("a,+7,ACTIVE,2024-05-01 10:30+02,1.5,EUR").replace("\n", "\r\n")),
        ("spaced.csv", csv_of("\u3000a\u00a0,\t7,ACTIVE,2024-05-01T22:30:00+14:00,1.5,EUR")),
        ("a.csv.gz", gzip.compress(csv_of("a,7.0,ACTIVE,2024-05-01 08:30, 1.5 ,EUR").encode())),
        ("bom.csv", "\ufeff" + csv_of('"a",7,ACTIVE,2024-05-01T08:30:00,1.5,EUR')),
        ("a.ndjson", json.dumps(JSON_ROW) + "\n"),
        ("a.jsonl", "\n" + json.dumps({"user_id": "7", **JSON_ROW, "currency": " eur "})),
        ("a.ndjson.gz", gzip.compress(json.dumps(JSON_ROW | {"amount": "1.50"}).encode())),
    ],
)
def test_text_is_read_as_the_types_of_the_columns(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    assert read(write(tmp_path, name, content)) == [ROW]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user_id": pl.lit(7, pl.Int32)},
        {"user_id": pl.lit(7.0)},
        {"seen_at": pl.lit(datetime(2024, 5, 1, 8, 30)).cast(pl.Datetime("ms"))},  # noqa: DTZ001
        {"seen_at": pl.lit("2024-05-01 08:30")},
        {"amount": pl.lit("1.5").cast(pl.Decimal(10, 2))},
        {"amount": pl.lit(1.5, pl.Float32)},
        {"currency": pl.lit(" eur ")},
        {"more": pl.lit(1)},
    ],
)
def test_parquet_of_other_types_is_read_as_those_of_the_columns(
    tmp_path: Path, changes: dict[str, pl.Expr]
) -> None:
    pl.DataFrame([ROW]).with_columns(**changes).write_parquet(tmp_path / "a.parquet")

    assert read(tmp_path / "a.parquet") == [ROW]


def test_a_number_is_taken_for_text_where_text_is_asked_for(tmp_path: Path) -> None:
    pl.DataFrame({"id": [12], "user_id": [7]}).write_parquet(tmp_path / "a.parquet")

    assert [row["id"] for row in read(tmp_path / "a.parquet")] == ["12"]


def test_what_is_empty_or_absent_is_null(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'user_id,id,status\n7,a,""\n8,b,   \n')

    assert [row["status"] for row in read(path)] == [None, None]
    assert [row["amount"] for row in read(path)] == [None, None]


def test_columns_that_nobody_asked_for_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "colour,id,User_ID,\nred,a,7,x\n")

    rows = read_batches(path, COLUMNS, now=NOW)

    assert rows.ignored_columns == ("colour", "")
    assert next(rows)["user_id"].to_pylist() == [7]


def test_a_header_without_rows_is_read(tmp_path: Path) -> None:
    pq.write_table(schema_of(COLUMNS).empty_table(), tmp_path / "a.parquet")

    assert read(tmp_path / "a.parquet") == []
    assert read(write(tmp_path, "a.csv", NAMES)) == []


def test_many_rows_come_in_batches_and_in_order(tmp_path: Path) -> None:
    count = 2 * FILE_ROWS_PER_BATCH + 1
    frame = pl.DataFrame({"id": range(count), "user_id": 7})
    frame.write_csv(tmp_path / "a.csv")

    batches = list(read_batches(tmp_path / "a.csv", COLUMNS, now=NOW))

    assert len(batches) > 1
    assert [name for batch in batches for name in batch["id"].to_pylist()] == [
        str(n) for n in range(count)
    ]


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "what?.csv", "id=5, 'x'.csv"])
def test_a_name_is_not_a_pattern(tmp_path: Path, name: str) -> None:
    write(tmp_path, "a1.csv", csv_of("other,8,,,,"))

    assert [row["id"] for row in read(write(tmp_path, name, csv_of("a,7,,,,")))] == ["a"]


def test_an_instant_keeps_its_microseconds_and_its_offset(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=5, minutes=45))
    exact = datetime(2024, 5, 1, 0, 0, 0, 123456, tzinfo=zone)

    (row,) = read(write(tmp_path, "a.csv", csv_of(f"a,7,,{exact.isoformat()},,")))

    assert row["seen_at"] == exact


def test_activity_may_lack_values_and_lie_in_the_future(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.csv", "id,user_id,kind,timestamp\n,,,\nx,-7,login,2199-01-01T00:00:00Z\n"
    )

    rows = read(path, ACTIVITY_COLUMNS)

    assert [row["user_id"] for row in rows] == [None, -7]
    assert rows[1]["timestamp"] == datetime(2199, 1, 1, tzinfo=UTC)
