"""Two engines judge `volume.sql`, by what `features.sql` must make of the same events."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest

from app.kit.days import number_of
from app.reports.churn.inputs import VOLUME_SQL
from app.sources.warehouse.activity import scan_params, with_activity
from tests.reports.churn.features_answers import ENGINES, Engine, Shape
from tests.reports.churn.features_cases import CASES, UTC_ZONE, Case, D
from tests.support.googlesql_reference import reference
from tests.support.lake import FLAT, PLATFORM, as_platform
from tests.support.table_shapes import SHAPES


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


def answer(
    engine: Engine, case: Case, columns: Mapping[str, str] = FLAT, shape: Shape = dict
) -> list[tuple[int, ...]]:
    """Return the (day, user) that an engine finds active on the case's days, in order."""
    params = scan_params(case.days, ZoneInfo(case.zone), window_days=1)
    sql = with_activity(columns, "events", VOLUME_SQL)
    return sorted(engine(sql, params, columns, [shape(row) for row in case.events]))


def expected(case: Case) -> list[tuple[int, ...]]:
    """Return who was active on the report day itself."""
    return sorted((number_of(day), user) for day, user, active, *_ in case.expected if active & 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_was_active_on_the_day_itself(engine: Engine, case: Case) -> None:
    assert answer(engine, case) == expected(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_platforms_table_means_the_same(engine: Engine, case: Case) -> None:
    assert answer(engine, case, PLATFORM, as_platform) == expected(case)


def test_some_cases_have_somebody_and_some_have_nobody() -> None:
    assert {bool(expected(case)) for case in CASES} == {True, False}


@pytest.mark.parametrize("columns", SHAPES.values(), ids=SHAPES)
def test_bigquery_would_accept_it_for_every_shape(columns: Mapping[str, str]) -> None:
    sql = with_activity(columns, "events", VOLUME_SQL)
    params = scan_params([D], UTC_ZONE, window_days=1)

    assert reference().check(sql, params, columns) == ["TYPE_INT64"] * 2
