"""The interface of a warehouse of activity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, Self

import pyarrow as pa
from sqlmodel.ext.asyncio.session import AsyncSession

Param = int | str | float | datetime | Sequence[int]
BatchSink = Callable[[pa.RecordBatch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question in BigQuery's dialect, with named parameters (`@name`).

    `params` must hold the instants `start_at` and `end_at`, between which the query reads.
    """

    sql: str
    params: Mapping[str, Param]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a query gave and cost."""

    rows: int = 0
    bytes_processed: int = 0
    bytes_billed: int = 0

    @classmethod
    def of(cls, usages: Sequence[Self]) -> Self:
        """Sum what several queries gave and cost."""
        return cls(
            rows=sum(usage.rows for usage in usages),
            bytes_processed=sum(usage.bytes_processed for usage in usages),
            bytes_billed=sum(usage.bytes_billed for usage in usages),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The days from which a warehouse has activity, and how many rows."""

    oldest: date
    newest: date
    rows: int


class Warehouse(Protocol):
    """Where the activity is."""

    @property
    def table(self) -> str:
        """The activity table's name, without quotes, as the SQL must write it."""
        ...

    async def columns(self) -> Mapping[str, str]:
        """Return the activity table's columns and BigQuery's names of their types.

        A field of a record is dotted (`meta.academy`); repeated columns are left out.
        """
        ...

    async def run(self, query: Query, sink: BatchSink) -> Usage:
        """Hand the answer to `sink` batch by batch, in a worker thread and in bounded memory.

        Cancelling the task stops the query. Raise `SourceDown` when it cannot be answered.
        """
        ...

    async def estimate(self, query: Query) -> int:
        """Return the bytes that the query would process."""
        ...

    async def extent(self) -> Extent | None:
        """Return what there is; None when there is nothing."""
        ...

    async def forget(self, session: AsyncSession, user_id: int) -> int | None:
        """Remove a person's rows in the caller's transaction, and return how many there were.

        None when the table is somebody else's. Once it is committed, `tidy` removes the rest.
        """
        ...

    async def tidy(self) -> None:
        """Remove what does not count any more, as far as nobody reads it just now."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...
