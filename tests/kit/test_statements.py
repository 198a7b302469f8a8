"""SQL in the form in which the driver takes it."""

from app.kit.db.named_params import Statement, numbered


def test_a_statement_names_its_values_by_number_and_loses_its_comments() -> None:
    sql = "-- Of :b.\nSELECT CAST(:b AS date), x::text\n  -- and :c\nWHERE a = :a AND b < :b\n"

    found = numbered(Statement(sql=sql, params={"a": 1, "b": 2, "c": 3}))

    assert found == ("SELECT CAST($1 AS date), x::text\nWHERE a = $2 AND b < $1\n", [2, 1])
