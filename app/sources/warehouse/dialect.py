"""The SQL is written once, in BigQuery's dialect; this makes DuckDB's of it."""

from functools import cache

from sqlglot import exp, parse_one


@cache
def to_duckdb(sql: str) -> str:
    """Translate one query; parameters `@name` become `$name`."""
    tree = parse_one(sql, read="bigquery")
    for division in tree.find_all(exp.IntDiv):
        # The translation writes DIV(a + b, c) as a + b // c.
        division.set("this", exp.paren(division.this, copy=False))
    for common in tree.find_all(exp.CTE):
        # As BigQuery does: a second reference reads again instead of keeping every event.
        common.set("materialized", False)  # noqa: FBT003 - sqlglot wants it so
    return tree.sql(dialect="duckdb", comments=False)


@cache
def parameters_of(sql: str) -> frozenset[str]:
    """Name the parameters that a query uses; DuckDB, unlike BigQuery, refuses to be given more."""
    tree = parse_one(sql, read="bigquery")
    return frozenset(parameter.name for parameter in tree.find_all(exp.Parameter))
