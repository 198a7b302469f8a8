"""Which questions a platform of its version can answer, and what it lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.kit.errors import Unusable
from app.kit.sql import load_sql
from app.sources.platform.queries import ALL, PlatformQuery
from app.sources.platform.snapshot import PlatformSnapshot

TABLES_SQL = load_sql(__package__, "tables")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How the platform has a table."""

    name: str
    is_there: bool
    may_read: bool
    columns: Sequence[str]


def askable(snapshot: PlatformSnapshot) -> tuple[Sequence[PlatformQuery], Sequence[str]]:
    """Return the questions that can be asked, and a note for whatever cannot be known.

    Raises `Unusable` naming the tables that are missing or may not be read, if one is needed.
    """
    names = sorted({table for question in ALL for table in question.tables})
    rows = snapshot.table(TABLES_SQL, [names]).to_pylist()
    found = {row["name"]: Found(**row) for row in rows}
    asked: list[PlatformQuery] = []
    notes: list[str] = []
    for question in ALL:
        faults = list(_faults(question, found))
        if not faults:
            asked.append(question)
            notes += _unknown(question, found)
        elif question.needed:
            raise Unusable(f"{question.name} of the platform cannot be read: {', '.join(faults)}.")
        else:
            notes.append(f"{question.name} skipped: {', '.join(faults)}")
    return asked, list(dict.fromkeys(notes))


def _faults(question: PlatformQuery, found: Mapping[str, Found]) -> Iterator[str]:
    for name in question.tables:
        if not found[name].is_there:
            yield f"there is no table {name}"
        elif not found[name].may_read:
            yield f"the role may not read the table {name}"


def _unknown(question: PlatformQuery, found: Mapping[str, Found]) -> Iterator[str]:
    for name, columns in question.later.items():
        for column in columns:
            if column not in found[name].columns:
                yield f"{name} has no {column}: it counts as unknown"
