"""The files that can be imported, and how DuckDB opens each as rows."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb

from app.kit.errors import Invalid
from app.sources.imports.columns import Column

CSV_ENDINGS = (".csv", ".csv.gz")
NDJSON_ENDINGS = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
PARQUET = (".parquet",)
SAMPLED_LINES = 100
MAX_LINE_CHARACTERS = 1_000_000
"""Of the lines that are read here, which are all kept while they are compared."""
DUCKDB_ADVICE = re.compile("Possible |LINE 1:|Try (?:setting|increasing)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRelation:
    """A file as a relation, the DuckDB types of its known columns, and the unknown ones."""

    relation: duckdb.DuckDBPyRelation
    types: Mapping[str, str]
    ignored: tuple[str, ...]


def open_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> FileRelation:
    """Open a file by its extension; raise `Invalid` if it is no such file or lacks a column."""
    if not path.is_file():
        raise Invalid(f"There is no file {path}")
    name = path.name.lower()
    with readable(path):
        if name.endswith(CSV_ENDINGS):
            return _open_csv(connection, path, columns)
        if name.endswith(NDJSON_ENDINGS):
            return _open_ndjson(connection, path, columns)
        if name.endswith(PARQUET):
            return _open_parquet(connection, path, columns)
    known = ", ".join((*CSV_ENDINGS, *NDJSON_ENDINGS, *PARQUET))
    raise Invalid(f"{path.name} is of no known kind: the name must end in one of {known}")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn the errors of a file that cannot be read into `Invalid`."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise Invalid(f"{path.name} cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Say in one line what is wrong, without advice on how to call DuckDB."""
    if "state machine reached an invalid state" in str(error):
        return "its lines end in different ways, or it is no CSV"
    return " ".join(DUCKDB_ADVICE.split(str(error), 1)[0].split())


def lines_of(path: Path, rows: Collection[int]) -> Mapping[int, int]:
    """Return the line on which each of the rows begins; none for Parquet."""
    name = path.name.lower()
    if name.endswith(PARQUET):
        return {}
    with _lines(path) as lines:
        starts = _csv_starts(lines) if name.endswith(CSV_ENDINGS) else _json_starts(lines)
        numbered = enumerate(islice(starts, max(rows, default=0)), start=1)
        return {row: line for row, line in numbered if row in rows}


def _open_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> FileRelation:
    with _lines(path) as lines:
        header = [name.strip().lower() for name in next(csv.reader(lines), [])]
    known, ignored = _compare(path, header, columns)
    names = [name if name in known else f"ignored_{at}" for at, name in enumerate(header)]
    relation = connection.read_csv(
        _literal(path),
        columns=dict.fromkeys(names, "VARCHAR"),
        header=True,
        auto_detect=False,
        delimiter=",",
        quotechar='"',
        escapechar='"',
        hive_partitioning=False,
    )
    return FileRelation(relation=relation, types=dict.fromkeys(known, "VARCHAR"), ignored=ignored)


def _open_ndjson(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> FileRelation:
    with _lines(path) as lines:
        sample = list(islice(filter(str.strip, lines), SAMPLED_LINES))
    keys = list(dict.fromkeys(_keys(sample)))
    ignored = _compare(path, keys, columns)[1] if keys or not sample else ()
    types = {column.name: "VARCHAR" for column in columns}
    relation = connection.read_json(
        _literal(path), columns=types, format="newline_delimited", hive_partitioning=False
    )
    return FileRelation(relation=relation, types=types, ignored=ignored)


def _open_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> FileRelation:
    relation = connection.read_parquet(_literal(path))
    header = [name.lower() for name in relation.columns]
    known, ignored = _compare(path, header, columns)
    types = dict(zip(header, map(str, relation.types), strict=True))
    return FileRelation(
        relation=relation, types={name: types[name] for name in known}, ignored=ignored
    )


def _compare(
    path: Path, header: Sequence[str], columns: Sequence[Column]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return which columns the file has, and the names in it that are none."""
    if not any(header):
        raise Invalid(f"{path.name} is empty, without even a header")
    names = {column.name for column in columns}
    twice = sorted({name for name in header if name in names and header.count(name) > 1})
    if twice:
        raise Invalid(f"{path.name} has the column {twice[0]} more than once")
    missing = [c.name for c in columns if c.required and c.name not in header]
    if missing:
        shown = f"{path.name} has no column {', '.join(missing)}; it has {', '.join(header)}"
        raise Invalid(shown)
    known = frozenset(header).intersection(names)
    return known, tuple(name for name in header if name not in names)


def _keys(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield from row if isinstance(row, dict) else ()


def _csv_starts(lines: Iterator[str]) -> Iterator[int]:
    reader = csv.reader(lines)
    next(reader, None)
    before = reader.line_num
    for row in reader:
        if row:
            yield before + 1
        before = reader.line_num


def _json_starts(lines: Iterator[str]) -> Iterator[int]:
    return (number for number, line in enumerate(lines, start=1) if line.strip())


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    """Open a file as its lines; raise `Invalid` at one that is too long to be held in memory."""
    with _text(path) as text:
        yield map(
            partial(_bounded, path), iter(partial(text.readline, MAX_LINE_CHARACTERS + 1), "")
        )


def _bounded(path: Path, line: str) -> str:
    if len(line) > MAX_LINE_CHARACTERS:
        raise Invalid(f"{path.name} has a line of more than {MAX_LINE_CHARACTERS:,} characters")
    return line


def _text(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _literal(path: Path) -> str:
    """Keep DuckDB from reading a pattern into the name."""
    return "".join(f"[{c}]" if c in "[*?" else c for c in str(path))
