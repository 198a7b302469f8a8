"""The order in which rows are stored: that of the list, which both indexes by score follow."""

import polars as pl

RENEWALS = 1 << 32
"""More than the days until a renewal can differ; unknown ones come after all of them."""


def as_listed(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort an academy's rows, given by user: highest score first, then soonest renewal, then user.

    So both indexes by score grow at one place, and a page of the list lies together in the table.
    One whole number carries the order, because a sort by several columns takes three times as long.
    """
    cents = (pl.col("churn_risk_score") * 100).round().cast(pl.Int64)
    renewal = pl.col("days_until_renewal").cast(pl.Int64).fill_null(RENEWALS)
    place = renewal - cents * (4 * RENEWALS)
    return rows.sort(place, maintain_order=True)
