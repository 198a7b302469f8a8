"""What publishing an academy's day would change."""

from collections.abc import Iterable

import polars as pl


def compare(rows: pl.DataFrame, stored: Iterable[tuple[int, str]]) -> dict[str, object]:
    """Count the levels of `rows`, and the changes against the stored pairs of user and level.

    `changed` maps "HIGH to CRITICAL" to how many; those who come or go are not in it.
    """
    before = pl.DataFrame(
        list(stored), schema={"user_id": pl.Int64, "before": pl.String}, orient="row"
    )
    both = rows.select("user_id", "risk_level").join(before, on="user_id", how="inner")
    changed = both.filter(pl.col("risk_level") != pl.col("before")).group_by(
        pl.concat_str("before", "risk_level", separator=" to ")
    )
    return {
        "rows": rows.height,
        "levels": dict(sorted(rows.group_by("risk_level").len().iter_rows())),
        "stored_rows": before.height,
        "changed": dict(sorted(changed.len().iter_rows())),
    }
