"""A count agrees with its noun."""

import pytest

from app.kit.plurals import counted


@pytest.mark.parametrize(
    ("count", "nouns", "words"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (1_234, ("row",), "1,234 rows"),
        (1, ("academy", "academies"), "1 academy"),
        (2, ("academy", "academies"), "2 academies"),
    ],
)
def test_a_count_of_one_is_singular(count: int, nouns: tuple[str, ...], words: str) -> None:
    assert counted(count, *nouns) == words
