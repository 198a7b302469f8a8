"""Reads one snapshot of the platform into temporary files, from which a sync imports it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from app.sources.imports import schema_of
from app.sources.platform.capabilities import askable
from app.sources.platform.queries import ALL, USERS_QUERY, PlatformQuery
from app.sources.platform.row_filter import RowFilter
from app.sources.platform.snapshot import PlatformSnapshot
from app.sources.platform.spool import Spool, Spools

EVER = "-infinity"
PEOPLE_AT_ONCE = 20_000
SEEN = pa.schema([("id", pa.string())])
NOW_SQL = "SELECT now() AS now"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRows:
    """The rows of each kind, and the ids of all rows that the platform has, valid or not.

    `seen` has the ids of the queries in `compared`, which were read completely. `read_until` is
    the time of the snapshot, by the platform's clock or ours, whichever is behind.
    """

    rows: Mapping[str, Spool]
    seen: Spool
    asked: Sequence[PlatformQuery]
    compared: Sequence[PlatformQuery]
    notes: Sequence[str]
    read_until: datetime


class PlatformReader:
    """Runs all queries on one snapshot; those in `since` only for rows changed since then."""

    def __init__(
        self,
        snapshot: PlatformSnapshot,
        spools: Spools,
        since: Mapping[str, datetime],
        now: datetime,
    ) -> None:
        self._snapshot = snapshot
        self._since = since
        self._now = now
        self._columns = {question.kind: question.columns for question in ALL}
        self._rows = {kind: spools.open(schema_of(own)) for kind, own in self._columns.items()}
        self._seen = spools.open(SEEN)
        self._people: list[pa.Array] = []
        self._notes: list[str] = []

    def read(self) -> PlatformRows:
        """Read everything. For a thread: it blocks. Raises `SourceDown` and `Unusable`."""
        with self._snapshot:
            asked, notes = askable(self._snapshot)
            self._notes += notes
            for question in asked:
                if question is not USERS_QUERY:
                    self._take(question, self._stream(question))
            if USERS_QUERY in asked:
                self._take(USERS_QUERY, self._users())
            (known,) = self._snapshot.table(NOW_SQL)["now"].to_pylist()
        return PlatformRows(
            rows=self._rows,
            seen=self._seen,
            asked=asked,
            compared=[one for one in asked if one.name not in self._since],
            notes=self._notes,
            read_until=min(known, self._now),
        )

    def _stream(self, question: PlatformQuery) -> Iterator[pa.RecordBatch]:
        since = self._since.get(question.name)
        self._snapshot.since(EVER if since is None else since.isoformat())
        yield from self._snapshot.stream(question.sql)

    def _users(self) -> Iterator[pa.RecordBatch]:
        """Read only the users with a subscription: no others are needed."""
        people = pa.chunked_array(self._people, pa.int64()).unique()
        for first in range(0, len(people), PEOPLE_AT_ONCE):
            some = people.slice(first, PEOPLE_AT_ONCE).to_pylist()
            yield from self._snapshot.table(USERS_QUERY.sql, [some]).to_batches()

    def _take(self, question: PlatformQuery, batches: Iterator[pa.RecordBatch]) -> None:
        schema = schema_of(question.columns)
        unusables = RowFilter(question.name)
        for batch in batches:
            rows = pa.RecordBatch.from_arrays(
                [batch[name].cast(schema.field(name).type) for name in schema.names], schema=schema
            )
            if question.prefix and question.name not in self._since:
                self._seen.write(pa.RecordBatch.from_arrays([rows["id"]], schema=SEEN))
            usable = unusables.leave_out(rows, question.columns, self._now)
            self._rows[question.kind].write(usable)
            if question.prefix:
                self._people.append(pc.unique(usable["user_id"]))
        self._notes += [note for note in [unusables.note()] if note]
