"""What every warehouse of activity can do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import pyarrow as pa

Param = int | str | float | datetime | Sequence[int]
Sink = Callable[[pa.RecordBatch], None]
"""Takes each batch of a result, in a worker thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question in BigQuery's dialect; `params` are bound to its `@name`s."""

    sql: str
    params: Mapping[str, Param]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a query brought and cost."""

    rows: int
    bytes_processed: int
    bytes_billed: int


class Warehouse(Protocol):
    """A place that holds activity, one table of it."""

    @property
    def table(self) -> str:
        """How the SQL names the table."""
        ...

    async def columns(self) -> Mapping[str, str]:
        """Map the table's own columns to their types; a record's fields are dotted."""
        ...

    async def run(self, query: Query, sink: Sink) -> Usage:
        """Give each batch of the answer to `sink`; raise `SourceDown`."""
        ...

    async def estimate(self, query: Query) -> int:
        """Return the bytes that the query would process."""
        ...

    async def close(self) -> None:
        """Let go of what is held open."""
        ...
