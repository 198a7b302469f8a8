"""Ninety days in one run against ninety runs of a day: what is read, and how long it takes."""

from collections.abc import Sequence
from math import ceil
from statistics import median

from app.reports.churn.report import ChurnReport
from app.runs.execution.planner import chunk_days
from bench.figures import Figure, compared
from bench.processes import report
from bench.world import World

DAYS, WINDOW_DAYS = 90, 14
SINGLES = 3
"""So many of the single days are really run; what each of them reads is known exactly."""
SLACK = 1.02
MOST_GROWTH = 1.1
"""Allocators keep a little more each time."""


async def measure_backfill(made: World) -> Sequence[Figure]:
    """Run some days alone, then as many as one scan has, then all in one run."""
    churn, first, last = ChurnReport(made.sources), made.day(0), made.day(DAYS - 1)
    singles = [await report(made, made.day(number * DAYS // SINGLES)) for number in range(SINGLES)]
    most = await chunk_days(churn, last, None)
    scan = await report(made, first, made.day(min(most, DAYS) - 1))
    await made.execute("TRUNCATE report_days, churn_risk_reports, churn_day_summaries")
    whole = await report(made, first, last)
    chunks = ceil(DAYS / most)
    days = [made.day(number) for number in range(DAYS)]
    each = [await made.sources.warehouse.estimate(await churn.query([day], {})) for day in days]
    seconds = [ran.seconds * DAYS for ran in singles]
    return [
        Figure(
            name=f"{DAYS} days in {chunks} scans, by {DAYS} single days",
            unit="bytes read",
            ours=whole.bytes_processed,
            reference=sum(each),
            at_most=SLACK * (DAYS + (WINDOW_DAYS - 1) * chunks) / (WINDOW_DAYS * DAYS),
        ),
        compared(f"{DAYS} days in one run, by single days", "s", [whole.seconds], seconds),
        Figure(
            name=f"memory, {DAYS} days by the {min(most, DAYS)} of a scan",
            unit="GiB",
            ours=whole.peak_gib,
            reference=scan.peak_gib,
            at_most=MOST_GROWTH,
            parts={"one day": median(ran.peak_gib for ran in singles)},
        ),
    ]
