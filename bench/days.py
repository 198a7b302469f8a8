"""A day of all subscribers, from both sources to published: its time, its memory, once more."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from app.reports.churn.columns import STORED_COLUMNS
from bench.figures import Figure, compared
from bench.processes import answer_of, report
from bench.references.postgres_alone import postgres_alone
from bench.worker import Ran
from bench.world import FIRST_REPORT, SMALL_ACADEMY, World

PUBLISHED = "day, from sources to published"
ORM_ROWS = 30_000
MEMORY_GIB = 1.5
CHANGED = {
    "report_date": "CAST(report_day AS date)",
    "churn_risk_score": "CASE (r.user_id + extract(day FROM report_day)::integer) % 10"
    " WHEN 0 THEN 100 - r.churn_risk_score ELSE r.churn_risk_score END",
    "risk_level": "CASE (r.user_id + extract(day FROM report_day)::integer) % 10"
    " WHEN 0 THEN (ARRAY['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])"
    "[1 + least(3, floor((100 - r.churn_risk_score) / 25)::integer)] ELSE r.risk_level END",
}


async def prepare(made: World) -> None:
    """Publish the first day and fill the month before it, or forget all that came after it."""
    if await made.count("SELECT count(*) FROM report_days") > made.days * 10:
        await made.script("forget", day=FIRST_REPORT)
        return
    await report(made, FIRST_REPORT)
    first = FIRST_REPORT.replace(day=1)
    names = [*STORED_COLUMNS, "run_id"]
    await made.script(
        "month",
        day=FIRST_REPORT,
        first=first,
        next=(first + timedelta(days=31)).replace(day=1),
        partition=f"churn_risk_reports_{first:%Y%m}",
        columns=", ".join(names),
        values=", ".join(CHANGED.get(name, f"r.{name}") for name in names),
    )
    await made.script("year", day=FIRST_REPORT)
    made.console.log(f"Filled the month before {FIRST_REPORT}")


async def measure_day(made: World, rounds: int) -> Sequence[Figure]:
    """Publish day after day, each beside Postgres alone with its rows; then the seed's own way."""
    ours, alone = [], []
    async with postgres_alone(made, FIRST_REPORT) as reference:
        await reference.fill()
        for number in range(1, rounds + 1):
            ran = await report(made, made.day(number))
            rows, seconds = await reference.fill()
            made.console.log(
                f"day {number}: {ran.rows:,} rows in {ran.published_seconds:.1f} s,"
                f" Postgres alone {rows:,} in {seconds:.1f} s"
            )
            ours.append(ran)
            alone.append(seconds * ran.rows / rows)
    words = (made.sources.database.url, str(FIRST_REPORT), str(min(ORM_ROWS, made.subscribers)))
    objects = [
        (await answer_of("bench.references.seed_way", *words))["rows_a_second"] for _ in range(2)
    ]
    published = [ran.published_seconds for ran in ours]
    day = compared(PUBLISHED, "s", published, alone, at_most=1.0)
    speeds = [ran.rows / ran.published_seconds for ran in ours]
    return [
        day.with_parts(_parts(ours)),
        compared("day, and its alerts evaluated", "s", [ran.seconds for ran in ours], alone),
        compared("day, by the seed's own way", "rows/s", speeds, objects, at_least=10),
        Figure(
            name="day, peak memory",
            unit="GiB",
            ours=max(ran.peak_gib for ran in ours),
            at_most=MEMORY_GIB,
        ),
    ]


async def measure_again(made: World, rounds: int) -> Sequence[Figure]:
    """Report on published days again, alone and many in one run; and on a small academy."""
    day = made.day(0)
    again = [await report(made, day) for _ in range(2)]
    many = await report(made, day, made.day(rounds - 1))
    small = []
    for _ in range(rounds):
        await made.execute(
            f"DELETE FROM report_days WHERE report_date = '{day}'"  # noqa: S608 - our own day
            f" AND academy_id = {SMALL_ACADEMY}"
        )
        small.append(await report(made, day, academy=SMALL_ACADEMY))
    peak = max(ran.peak_gib for ran in again)
    return [
        compared("day again, nothing changed", "s", [ran.seconds for ran in again], []),
        Figure(
            name=f"memory, {rounds} days in one run by one day",
            unit="GiB",
            ours=many.peak_gib,
            reference=peak,
            at_most=1.25,
        ),
        compared("academy of 1,000 within the day", "s", [ran.seconds for ran in small], []),
    ]


def _parts(ours: Sequence[Ran]) -> dict[str, float]:
    """Return the medians of the stages."""
    names = list(dict.fromkeys(name for ran in ours for name in ran.stages))
    parts = {name: median(ran.stages.get(name, 0.0) for ran in ours) for name in names}
    return parts | {"peak GiB": max(ran.peak_gib for ran in ours)}
