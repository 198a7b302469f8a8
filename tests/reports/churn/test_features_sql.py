"""Two engines judge `features.sql`: DuckDB through the translation, and Google's reference."""

import subprocess
import sys
from collections.abc import Mapping

import pytest
from zetasql.core.exceptions import ServerError

from app.sources.warehouse.activity import scan_params, with_activity
from tests.reports.churn.features_answers import ENGINES, FEATURES, Engine, answer
from tests.reports.churn.features_cases import CASES, UTC_ZONE, Case, D, bits
from tests.support.googlesql_reference import reference
from tests.support.lake import (
    FLAT,
    PLATFORM,
    as_platform,
    completed_assignment,
    event,
)
from tests.support.table_shapes import SHAPES

WRONG_IN_DUCKDB = """
from tests.reports.churn.features_answers import wrong_in_duckdb
import time
print(time.tzname, wrong_in_duckdb())
"""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_expected_rows(engine: Engine, case: Case) -> None:
    assert answer(engine, case) == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_platforms_table_means_the_same(engine: Engine, case: Case) -> None:
    assert answer(engine, case, PLATFORM, as_platform) == case.expected


def test_the_zone_of_the_machine_does_not_matter() -> None:
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-c", WRONG_IN_DUCKDB],
        env={"TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == "('EST', 'EDT') []\n", found.stderr


@pytest.mark.parametrize(
    ("kind", "values", "completed"),
    [
        ("STRING", ["7", "8", "8", "x", None, "7.0", " 7 ", ""], 7),
        ("FLOAT64", [7.0, 8.0, 8.0, 7.5, None, float("nan"), float("inf")], 6),
        ("DATE", [None, None], 2),
    ],
)
def test_a_related_id_that_is_no_number_is_none(
    engine: Engine, kind: str, values: list[object], completed: int
) -> None:
    at = "2026-03-14 10:00:00"
    events = [
        completed_assignment(at, related_id=value, id=f"e{n}") for n, value in enumerate(values)
    ]
    case = Case(name="", events=events, expected=[])

    assert answer(engine, case, {**PLATFORM, "related.id": kind}, as_platform) == [
        (D, 1, bits(0), 0, 0, completed, 0)
    ]


@pytest.mark.parametrize(
    ("kind", "status", "completed"), [("INT64", 1, 0), ("BOOL", False, 0), ("INT64", None, 1)]
)
def test_a_status_that_is_no_text_is_not_done(
    engine: Engine, kind: str, status: int | None, completed: int
) -> None:
    events = [completed_assignment("2026-03-14 10:00:00", task_status=status)]
    case = Case(name="", events=events, expected=[])

    assert answer(engine, case, {**PLATFORM, "meta.task_status": kind}, as_platform) == [
        (D, 1, bits(0), 0, 0, completed, 0)
    ]


def test_a_field_that_the_table_has_not_is_null(engine: Engine) -> None:
    columns = SHAPES["platform, nothing known in meta"]
    events = [
        completed_assignment("2026-03-14 10:00:00", task_status="PENDING"),
        event("2026-03-13 10:00:00"),
    ]
    case = Case(name="", events=events, expected=[])

    assert answer(engine, case, columns, as_platform) == [(D, 1, bits(0, 1), 1, 0, 1, 0)]


@pytest.mark.parametrize("columns", SHAPES.values(), ids=SHAPES)
def test_bigquery_would_accept_it_for_every_shape(columns: Mapping[str, str]) -> None:
    sql = with_activity(columns, "events", FEATURES)

    assert reference().check(sql, scan_params([D], UTC_ZONE), columns) == ["TYPE_INT64"] * 7


@pytest.mark.parametrize(
    ("right", "misspelt"),
    [("task_status", "task_statu"), ("login_minute", "login_minut"), ("@days", "@dayz")],
)
def test_bigquery_would_refuse_what_is_misspelt(right: str, misspelt: str) -> None:
    head, _, tail = with_activity(FLAT, "events", FEATURES).rpartition(right)

    with pytest.raises(ServerError, match=misspelt.strip("@")):
        reference().check(head + misspelt + tail, scan_params([D], UTC_ZONE), FLAT)
