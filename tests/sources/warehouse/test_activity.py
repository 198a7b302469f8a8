"""The parameters of a scan, and the tables that can be read."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.kit.errors import Invalid
from app.sources.warehouse.activity import activity_cte, scan_params
from tests.support.lake import FLAT

D = date(2026, 3, 14)
MADRID = ZoneInfo("Europe/Madrid")


def test_a_scan_reads_the_windows_of_all_its_days() -> None:
    params = scan_params([date(2026, 3, 14), date(2026, 2, 20)], ZoneInfo("UTC"))

    assert params["start_at"] == datetime(2026, 2, 7, tzinfo=UTC)
    assert params["end_at"] == datetime(2026, 3, 15, tzinfo=UTC)
    assert params["days"] == [20504, 20526]


def test_the_instants_of_a_zone_are_its_midnights() -> None:
    params = scan_params([date(2026, 3, 29)], MADRID)

    assert params["start_at"] == datetime(2026, 3, 15, 23, tzinfo=UTC)
    assert params["end_at"] == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert params["changes_1_at"] == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert [params[f"offset_{n}"] for n in (1, 2, 3)] == [3600, 7200, 7200]


def test_a_scan_over_too_many_changes_is_refused() -> None:
    with pytest.raises(Invalid, match="too often"):
        scan_params([date(2025, 1, 14), date(2026, 4, 14)], MADRID)


def test_a_scan_of_no_days_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one day"):
        scan_params([], MADRID)


def test_a_table_without_the_columns_that_count_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="user_id INT64, timestamp TIMESTAMP") as refused:
        activity_cte({"id": "STRING", "kind": "STRING", "timestamp": "DATETIME"}, "events")

    assert [fault.pointer for fault in refused.value.faults] == ["user_id", "timestamp"]


def test_a_table_whose_name_would_end_the_quotes_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be named"):
        activity_cte(FLAT, "events` --")
