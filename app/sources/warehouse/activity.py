"""The question about activity: its common tables, and the instants and days it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.kit.days import end_of, number_of, offsets_between, start_of
from app.kit.errors import Fault, Invalid
from app.kit.sql import load_sql
from app.sources.warehouse.contract import Param

ACTIVITY_SQL = load_sql(__package__, "activity")
SCANNED_DAYS = 14
MAX_OFFSETS = 3

_STANDARD_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
_CASTS = {
    ("INT64", "STRING"): "SAFE_CAST(REGEXP_EXTRACT({0}, r'^-?[0-9]+$') AS INT64)",
    ("INT64", "FLOAT64"): "CASE WHEN {0} = TRUNC({0}) THEN SAFE_CAST({0} AS INT64) END",
    ("INT64", "NUMERIC"): "CASE WHEN {0} = TRUNC({0}) THEN SAFE_CAST({0} AS INT64) END",
    ("INT64", "BIGNUMERIC"): "CASE WHEN {0} = TRUNC({0}) THEN SAFE_CAST({0} AS INT64) END",
    ("STRING", "INT64"): "CAST({0} AS STRING)",
    ("STRING", "FLOAT64"): "CAST({0} AS STRING)",
    ("STRING", "NUMERIC"): "CAST({0} AS STRING)",
    ("STRING", "BIGNUMERIC"): "CAST({0} AS STRING)",
    ("STRING", "BOOL"): "CAST({0} AS STRING)",
}


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    paths: tuple[str, ...]
    required: bool = False


_COLUMNS = (
    _Column("id", "STRING", ("id",)),
    _Column("user_id", "INT64", ("user_id",), required=True),
    _Column("kind", "STRING", ("kind",), required=True),
    _Column("timestamp", "TIMESTAMP", ("timestamp",), required=True),
    _Column("academy_id", "INT64", ("academy_id", "meta.academy")),
    _Column("related_id", "INT64", ("related_id", "related.id")),
    _Column("task_status", "STRING", ("task_status", "meta.task_status")),
)


def with_activity(columns: Mapping[str, str], table: str, question: str) -> str:
    """Put the common tables `activity` and `learner_activity` before the query `question`.

    Both are in BigQuery's dialect. Raise `Invalid` as `activity_cte` does.
    """
    activity = activity_cte(columns, table)
    return (
        f"WITH activity AS (\n{activity}\n),\n"
        f"learner_activity AS (\n{ACTIVITY_SQL}\n)\n(\n{question}\n)"
    )


def activity_cte(columns: Mapping[str, str], table: str) -> str:
    """Write the query that reads `table` as the canonical columns, from `@start_at` to `@end_at`.

    `columns` is the table's own schema, as `Warehouse.columns` gives it. What the table does not
    have, or has in a type that cannot be read, is NULL; raise `Invalid` when that is the user, the
    kind or the timestamp.
    """
    if "`" in table:
        raise Invalid(f"A table cannot be named {table!r}")
    types = {path.lower(): _type(kind) for path, kind in columns.items()}
    missing = [column for column in _COLUMNS if column.required and not _read(column, types)]
    if missing:
        raise _unreadable(missing)
    select = ",\n".join(
        f"  {_read(column, types) or f'CAST(NULL AS {column.type})'} AS {column.name}"
        for column in _COLUMNS
    )
    return (
        f"SELECT\n{select}\nFROM `{table}` AS events\n"
        "WHERE events.timestamp >= @start_at AND events.timestamp < @end_at"
    )


def scan_params(
    days: Sequence[date], zone: ZoneInfo, *, window_days: int = SCANNED_DAYS
) -> dict[str, Param]:
    """Return the parameters of one scan that serves the windows of all `days`.

    A window of `window_days` ends with its day; one of 1 is the day alone. Raise `Invalid` for no
    days, and for days so far apart that the zone changes its offset from UTC more than twice
    within the scan.
    """
    if not days:
        raise Invalid("A scan needs at least one day")
    first, last = min(days) - timedelta(days=window_days - 1), max(days)
    end_at = end_of(last, zone)
    offsets = offsets_between(first, last, zone)
    if len(offsets) > MAX_OFFSETS:
        raise Invalid(
            f"{zone.key} changes its offset too often from {first} to {last} for one scan"
        )
    second, third = (offsets[min(n, len(offsets) - 1)] for n in (1, 2))
    return {
        "days": [number_of(day) for day in sorted(set(days))],
        "start_at": start_of(first, zone),
        "end_at": end_at,
        "offset_1": offsets[0].seconds,
        "changes_1_at": second.since if len(offsets) > 1 else end_at,
        "offset_2": second.seconds,
        "changes_2_at": third.since if len(offsets) == MAX_OFFSETS else end_at,
        "offset_3": third.seconds,
    }


def _type(name: str) -> str:
    upper = name.upper()
    return _STANDARD_NAMES.get(upper, upper)


def _read(column: _Column, types: Mapping[str, str]) -> str | None:
    for path in column.paths:
        found = types.get(path)
        if found == column.type:
            return f"events.{path}"
        if found and (column.type, found) in _CASTS:
            return _CASTS[column.type, found].format(f"events.{path}")
    return None


def _unreadable(missing: Sequence[_Column]) -> Invalid:
    wanted = ", ".join(f"{column.name} {column.type}" for column in missing)
    faults = [Fault(pointer=column.name, message=f"must be {column.type}") for column in missing]
    return Invalid(f"The activity table must have: {wanted}", faults=faults)
