"""Reads telemetry as the means that a day is judged by."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from app.kit.days import end_of, start_of
from app.kit.db import copy
from app.kit.db.engine import Database
from app.kit.sql import load_sql

MEANS_SQL = load_sql(__package__, "means")
WEEK_BACK = timedelta(days=6)
BASELINE_BACK = timedelta(days=34)


async def means_for(database: Database, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """Return the means of each user with a sample from 34 days before `day` until its end.

    Columns: user_id i64, avg_engagement_score f64, avg_frustration_score f64 (the week that
    ends with `day`), engagement_baseline f64 (from 34 to 7 days before it); NULL where there
    is no sample. No order. Raises `SourceDown`.
    """
    instants = [
        start_of(day - BASELINE_BACK, zone),
        start_of(day - WEEK_BACK, zone),
        end_of(day, zone),
    ]
    return await copy.read_frame(database, MEANS_SQL, instants)
