"""Events without chance: as many as are asked for, in the lake's shape and in the platform's."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa

from app.sources.imports import ACTIVITY_COLUMNS, schema_of

FIRST_AT = datetime(2026, 5, 1, tzinfo=UTC)
DAYS = 20
KINDS = ["login", "assignment_status_updated", "read_assignment", "bag_created", None, "login"]
STATUSES = ["DONE", None, "PENDING", "DONE", "DONE"]


def flat_events(rows: int, users: int) -> pa.Table:
    """Events of `users` learners over 20 days; every seventh is written twice."""
    second = timedelta(days=DAYS) / rows
    numbers = pl.int_range(rows, eager=True)
    user = (numbers * 7919) % users
    frame = pl.DataFrame(
        {
            "id": "e" + numbers.cast(pl.String),
            "user_id": user + 1,
            "kind": _choice(KINDS, (numbers * 31) // 3),
            "timestamp": pl.Series([FIRST_AT]).extend_constant(FIRST_AT, rows - 1)
            + numbers * second,
            "academy_id": pl.select(pl.when(numbers % 5 > 0).then(user % 3 + 1)).to_series(),
            "related_id": pl.select(pl.when(numbers % 11 > 0).then(numbers % 400)).to_series(),
            "task_status": _choice(STATUSES, numbers // 2),
        }
    ).filter(pl.col("user_id") * 13 % 50 > pl.col("timestamp").dt.day())
    repeated = pl.concat([frame, frame.gather_every(7)])
    return repeated.to_arrow().cast(schema_of(ACTIVITY_COLUMNS))


def as_platform(flat: pa.Table) -> pa.Table:
    """Give events the shape of the platform's table."""
    kind = pl.lit("assignments.Task")
    nothing = pl.lit(None, pl.String)
    frame = pl.DataFrame(flat).select(
        "id",
        "user_id",
        "kind",
        "timestamp",
        related=pl.struct(kind.alias("type"), pl.col("related_id").alias("id"), slug=nothing),
        meta=pl.struct(
            email=nothing, academy=pl.col("academy_id"), task_status=pl.col("task_status")
        ),
    )
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _choice(values: list[str | None], numbers: pl.Series) -> pl.Series:
    return pl.Series(values, dtype=pl.String)[numbers % len(values)]
