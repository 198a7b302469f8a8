"""What a report's summary and trend are made of, and the statement that reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from app.kit.db.json_sql import object_of
from app.kit.db.named_params import Statement
from app.kit.db.read_pool import Rows
from app.kit.sql import load_sql
from app.published.list_spec import PageRead
from app.published.requests import Grouping
from app.published.snapshot import Snapshot, SnapshotSpec

SUMS_SQL = load_sql(__package__, "sums")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySpec:
    """The sums of a report's days: `summary` of one day, `trend` of each of many.

    `items_sql` are common table expressions that follow `days` (academy_id, report_date) and end
    with `items`: the fields of both models, one row for each `report_date` and `academy_id`. It
    groups by `{day}` and `{academy}` of a row `s`, and may use `{first}` and `{last}`.
    `optional` maps a field that only one of the models has to the SQL that stands for `{<field>}`
    where it is asked for.
    """

    snapshot: SnapshotSpec
    items_sql: str
    summary: type[BaseModel]
    trend: type[BaseModel]
    optional: Mapping[str, str] = field(default_factory=dict)


async def read_summary(
    rows: Rows, spec: SummarySpec, snapshot: Snapshot, group: Grouping | None
) -> PageRead:
    """Sum the days: together, or each academy's by itself."""
    return await _read(rows, spec, snapshot, spec.summary, day="CAST(NULL AS date)", group=group)


async def read_trend(
    rows: Rows, spec: SummarySpec, snapshot: Snapshot, group: Grouping | None
) -> PageRead:
    """Sum each day: together, or each academy's by itself."""
    return await _read(rows, spec, snapshot, spec.trend, day="s.report_date", group=group)


async def read_items(rows: Rows, sql: str, params: dict[str, object]) -> PageRead:
    """Run a statement that selects `unchanged` and `items`, without pages."""
    (row,) = await rows(Statement(sql=sql, params=params))
    return PageRead(unchanged=row["unchanged"], items=row["items"] or "")


async def _read(
    rows: Rows,
    spec: SummarySpec,
    snapshot: Snapshot,
    item: type[BaseModel],
    *,
    day: str,
    group: Grouping | None,
) -> PageRead:
    academy = "CAST(NULL AS bigint)" if group is None else "s.academy_id"
    extra = {name: sql if name in item.model_fields else "" for name, sql in spec.optional.items()}
    parts = {**snapshot.bounds_sql, **extra, "day": day, "academy": academy}
    sql = SUMS_SQL.format(items=spec.items_sql.format(**parts), item=object_of(item, "items"))
    own = {"report_type": spec.snapshot.report_type, "revisions": snapshot.revisions}
    return await read_items(rows, sql, snapshot.params | own)
