"""Frames are read by statements into which their values are written."""

from datetime import UTC, date, datetime

import pytest

from app.kit.db.copy import read_frame
from app.kit.db.engine import Database

INSTANT = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "bigint"),
        (-7, "bigint"),
        (2**63 - 1, "bigint"),
        ("it's \\ $1 -- %s", "text"),
        (date(2026, 3, 29), "date"),
        (INSTANT, "timestamptz"),
        ([3, -1], "bigint[]"),
        ([], "bigint[]"),
    ],
)
async def test_a_value_arrives_as_it_was_given(shared: Database, value: object, kind: str) -> None:
    found = await read_frame(shared, f"SELECT $1::{kind} AS value, 1 AS one", [value])

    given = found["value"].to_list()[0]
    assert (given, found["one"].item()) == (value, 1)


async def test_a_value_of_another_kind_is_refused(shared: Database) -> None:
    with pytest.raises(TypeError, match="written out nowhere"):
        await read_frame(shared, "SELECT $1", [object()])
