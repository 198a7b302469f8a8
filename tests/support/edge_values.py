"""Pairwise combinations of edge values: unknown, at a bound and beyond it."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import TypeVar

T = TypeVar("T")


def pairs(edges: Mapping[str, Sequence[T]]) -> list[dict[str, T]]:
    """Return each combination of an edge of one column with an edge of another one."""
    return [
        {one: first, other: second}
        for one, other in combinations(edges, 2)
        for first, second in product(edges[one], edges[other])
    ]
