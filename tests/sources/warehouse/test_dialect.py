"""What the translation must not change, against Google's reference."""

import pytest

from tests.support.googlesql_reference import reference
from tests.support.lake import FLAT, duckdb_rows

EXPRESSIONS = {
    "the sum is divided, not its last term": ("DIV(7 + n, 4)", 2),
    "a remainder is cut off": ("DIV(-7, n + 1)", -2),
    "NULL is greater than nothing": ("COALESCE(GREATEST(n, NULL), -1)", -1),
    "bits are shifted and joined": ("(n << 3) | 1", 17),
    "text that is no number is NULL": ("COALESCE(SAFE_CAST('x' AS INT64), n)", 2),
}


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_both_engines_agree(expression: str, expected: int) -> None:
    sql = f"SELECT {expression} AS answer FROM UNNEST([2]) AS n"  # noqa: S608 - our own words

    assert duckdb_rows(sql, {}, FLAT, []) == [(expected,)]
    assert reference().rows(sql, {}, FLAT, []) == [(expected,)]
