"""Small files of every kind that can be imported, and the same with seeded damage."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from app.sources.imports import schema_of
from app.sources.imports.import_file import FileKind, columns_of_kind
from tests.support.mutations import Values, Verbatim, damaged_bytes, damaged_rows

INSTANT = "2024-05-0{}T08:30:00Z"


def _subscription(number: int) -> Values:
    return {
        "id": f"s{number}",
        "user_id": number,
        "academy_id": 1,
        "status": "ACTIVE",
        "plan": "monthly",
        "started_at": "2024-01-01T00:00:00Z",
        "next_payment_at": INSTANT.format(number),
        "end_reason": None,
        "mrr": 49.5,
        "currency": "EUR",
        "updated_at": INSTANT.format(number),
    }


def _activity(number: int) -> Values:
    return {
        "id": f"a{number}",
        "user_id": number,
        "kind": "login",
        "timestamp": INSTANT.format(number),
        "academy_id": 1,
        "related_id": None,
        "task_status": "DONE",
    }


ROWS: Mapping[FileKind, Callable[[int], Values]] = {
    FileKind.ACADEMIES: lambda n: {"id": n, "slug": f"a{n}", "name": f"Academy {n}"},
    FileKind.USERS: lambda n: {"id": n, "email": f"{n}@example.org", "full_name": f"Ana {n}"},
    FileKind.SUBSCRIPTIONS: _subscription,
    FileKind.SUBSCRIPTION_HISTORY: lambda n: {
        **_subscription(n),
        "effective_from": INSTANT.format(n),
        "observed_at": INSTANT.format(n),
    },
    FileKind.TELEMETRY: lambda n: {
        "user_id": n,
        "timestamp": INSTANT.format(n),
        "engagement_score": 50.5,
        "frustration_score": None,
    },
    FileKind.ACTIVITY: _activity,
}


def csv_file(rows: Sequence[Values]) -> bytes:
    """Write rows as a table of text."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(rows[0])
    table.writerows([["" if v is None else v for v in row.values()] for row in rows])
    return written.getvalue().encode("utf-8", "surrogatepass")


def ndjson_file(rows: Sequence[Values]) -> bytes:
    """Write rows as lines of JSON."""
    return b"".join(_json_line(row) for row in rows)


def parquet_file(kind: FileKind, rows: Sequence[Values]) -> bytes:
    """Write rows as columns of the kind's types; other values make columns of other types."""
    types = {field.name: field.type for field in schema_of(columns_of_kind(kind))}
    names = list(rows[0])
    columns = [_column([row[name] for row in rows], types.get(name)) for name in names]
    written = io.BytesIO()
    table = pa.Table.from_arrays(columns, [_encodable(name) for name in names])
    pq.write_table(table, written)
    return written.getvalue()


def damaged_file(random: Random, kind: FileKind) -> tuple[str, bytes]:
    """Return the name and the content of a file that was valid before."""
    rows = [ROWS[kind](number) for number in range(1, random.randint(2, 5))]
    if random.random() < 0.7:
        rows = damaged_rows(random, rows)
    if random.random() < 0.2:
        rows = damaged_rows(random, rows) if rows else rows
    ending = random.choice(["csv", "ndjson", "parquet", "csv.gz", "ndjson.gz", "jsonl"])
    content = _written(kind, ending, rows)
    if random.random() < 0.4:
        content = damaged_bytes(random, content)
    if ending.endswith(".gz"):
        content = gzip.compress(content, 1, mtime=0)
        if random.random() < 0.3:
            content = damaged_bytes(random, content)
    if random.random() < 0.02:
        ending = random.choice(["csv", "parquet", "ndjson.gz", "CSV", "txt"])
    return f"{random.choice(['a', 'a b', 'ü*?[1]', 'day=2024'])}.{ending}", content


def _written(kind: FileKind, ending: str, rows: Sequence[Values]) -> bytes:
    if not rows:
        return b""
    if ending == "parquet":
        return parquet_file(kind, rows)
    return csv_file(rows) if ending.startswith("csv") else ndjson_file(rows)


def _json_line(row: Values) -> bytes:
    """Write a row with `Verbatim` values as they are; a mark stands for each meanwhile."""
    verbatim = [value for value in row.values() if isinstance(value, Verbatim)]
    line = json.dumps({n: "\x02" if isinstance(v, Verbatim) else v for n, v in row.items()})
    for value in verbatim:
        line = line.replace('"\\u0002"', value, 1)
    return f"{line}\n".encode()


def _column(values: Sequence[object], kind: pa.DataType | None) -> pa.Array:
    """Make a column of its own type, else of the type that the values have, else of texts."""
    for attempt in (kind, None):
        with suppress(pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError):
            column = pa.array([_instant(value) for value in values], attempt)
            if column.type != pa.struct([]):
                return column
    return pa.array([None if value is None else _encodable(str(value)) for value in values])


def _instant(value: object) -> object:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _encodable(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "?", text)
