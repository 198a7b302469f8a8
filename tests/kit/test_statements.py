"""SQL in the form in which the driver takes it."""

import pytest

from app.kit.db.engine import Database
from app.kit.db.named_params import Statement, numbered


def test_a_statement_names_its_values_by_number_and_loses_its_comments() -> None:
    sql = "-- :b\nSELECT CAST(:b AS date), x::text\n  -- and :c\nWHERE a = :a AND b < :b -- :c\n"

    found = numbered(Statement(sql=sql, params={"a": 1, "b": 2, "c": 3}))

    assert found == ("\nSELECT CAST($1 AS date), x::text\nWHERE a = $2 AND b < $1\n", [2, 1])


@pytest.mark.parametrize(
    "literal",
    ["'HH:mi -- :a'", "'it''s :a'", r"E'\' :a'", '":a"', "'/* ' /* it's :a */ || ' :a */'"],
)
async def test_what_is_quoted_stays_as_it_is(shared: Database, literal: str) -> None:
    sql = f"SELECT '{{}}', {literal} FROM (SELECT 1 AS \":a\") AS one WHERE 1 = :a"  # noqa: S608

    written, values = numbered(Statement(sql=sql, params={"a": 1}))

    assert written == sql.replace("WHERE 1 = :a", "WHERE 1 = $1").replace(" /* it's :a */", "")
    assert await shared.reader.rows(Statement(sql=sql.replace("1 = :a", ":a = 1"), params={"a": 1}))
    assert values == [1]
