"""How a file is refused: each fault with its row, its column, what was found and expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kit.errors import Fault, Invalid

MAX_LISTED = 10
MAX_FOUND_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Something wrong in a row, the first of which is 1."""

    row: int
    column: str
    message: str


def wrong_value(row: int, column: str, found: str, expected: str) -> RowFault:
    """Describe a value that a column does not take; an empty one is missing."""
    shown = repr(found[:MAX_FOUND_CHARACTERS]) if found else "nothing"
    return RowFault(row=row, column=column, message=f"found {shown}, expected {expected}")


def refusal(name: str, faults: Sequence[RowFault], total: int, lines: Mapping[int, int]) -> Invalid:
    """Return the error that says why nothing of `name` was imported.

    `lines` has the line of a row where rows are lines of text.
    """
    listed = [f"{_place(fault.row, lines)}, {fault.column}: {fault.message}" for fault in faults]
    more = [f"and {total - len(faults)} more"] * (total > len(faults))
    counted = "1 fault" if total == 1 else f"{total} faults"
    return Invalid(
        "\n".join([f"{name}: nothing was imported, {counted}:", *listed, *more]),
        faults=[Fault(pointer=f"/{f.row}/{f.column}", message=f.message) for f in faults],
    )


def _place(row: int, lines: Mapping[int, int]) -> str:
    return f"row {row} (line {lines[row]})" if row in lines else f"row {row}"
