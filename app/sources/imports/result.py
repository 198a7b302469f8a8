"""What became of the rows of an imported file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Counts of rows; `read` is the sum of the others.

    `repeated`: identical to another row of the file. `stale`: older than what is known, or than
    another row for the same moment. `skipped_erased`: of somebody who was erased. `undated`:
    activity without an instant, which can never count.
    """

    kind: str
    read: int
    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    repeated: int = 0
    skipped_erased: int = 0
    undated: int = 0
    ignored_columns: tuple[str, ...] = ()
