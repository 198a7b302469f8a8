"""How many subscribers were active on a day: all that the gate needs to judge it again."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from app.kit.days import number_of, stretches
from app.kit.sql import load_sql
from app.reports.churn.daily_summary import active_by_day
from app.reports.churn.inputs import subscribers_as_of
from app.runs.contract import Academies, Volume
from app.sources.sources import Sources
from app.sources.warehouse.activity import scan_params, with_activity
from app.sources.warehouse.contract import Query, Usage
from app.sources.warehouse.spool import spool_days

VOLUME_SQL = load_sql(__package__, "volume")
USER_SCHEMA = pa.schema([("user_id", pa.int64())])
TODAY = 0b1
"""`active_days` of somebody of whom nothing is known but that he was active on the day."""


async def count_active(
    sources: Sources, days: Sequence[date], academies: Academies, labels: Mapping[str, str]
) -> Volume:
    """Count each academy's active subscribers on `days`, one question for days in a row.

    Between days that lie apart are partitions that nobody needs.
    """
    warehouse = sources.warehouse
    sql = with_activity(await warehouse.columns(), warehouse.table, VOLUME_SQL)
    active: dict[date, Mapping[int, int]] = {}
    live: dict[date, Mapping[int, int]] = {}
    usages: list[Usage] = []
    for stretch in stretches(days):
        params = scan_params(stretch, sources.zone, window_days=1)
        query = Query(sql=sql, params=params, labels=labels)
        async with spool_days(
            warehouse, query, stretch, USER_SCHEMA, sources.spool / "scans"
        ) as spooled:
            folder, usage = spooled
            usages.append(usage)
            for day in stretch:
                file = folder / f"{number_of(day)}.arrow"
                active[day], live[day] = await _counted(sources, day, academies, file)
    return Volume(active=active, live=live, usage=Usage.of(usages))


async def _counted(
    sources: Sources, day: date, academies: Academies, file: Path
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Return how many were active in each academy, and how many subscribe."""
    subscribers = await subscribers_as_of(sources, day, academies)

    def counted() -> tuple[Mapping[int, int], Mapping[int, int]]:
        users = pl.read_ipc(file)
        counts = active_by_day(subscribers, users.with_columns(active_days=pl.lit(TODAY)))
        of_the_day = pl.col("active_by_day").list.first()
        live = subscribers.group_by("academy_id").len()
        return dict(counts.select("academy_id", of_the_day).iter_rows()), dict(live.iter_rows())

    return await to_thread(counted)
