"""Prints how many alerts a home's published days made, and how they ended.

`HEADSUP_HOME=... python -m bench.alert_figures`
"""

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from app.settings import Settings
from app.sources.database.connect import open_database

FIGURES_SQL = """
WITH days AS (
    SELECT report_date, academy_id, rows FROM churn_day_summaries
),
learner_days AS (SELECT sum(rows) AS rows, count(DISTINCT report_date) AS days FROM days),
episodes AS (
    SELECT alert_type, triggered_on, last_seen_on, resolution, status, origin
    FROM alerts WHERE resolution IS DISTINCT FROM 'RETRACTED'
),
opened AS (
    SELECT alert_type, count(*) AS opened, count(*) FILTER (WHERE origin = 'INITIAL') AS initial,
        count(*) FILTER (WHERE resolution IN ('AUTO', 'NO_DATA')) AS by_itself,
        count(*) FILTER (WHERE resolution = 'LEFT') AS of_leavers,
        count(*) FILTER (WHERE status <> 'RESOLVED') AS still_open,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY last_seen_on - triggered_on + 1) AS median_days
    FROM episodes GROUP BY GROUPING SETS ((alert_type), ())
)
SELECT coalesce(alert_type, 'all') AS type, opened, initial,
    round(1000.0 * (opened - initial) / nullif(learner_days.rows, 0), 2) AS opened_a_day_of_1000,
    median_days, round(100.0 * by_itself / opened, 1) AS percent_by_itself,
    round(100.0 * of_leavers / opened, 1) AS percent_left, still_open
FROM opened CROSS JOIN learner_days ORDER BY alert_type NULLS LAST
"""
SHARE_SQL = """
WITH newest AS (
    SELECT academy_id, max(report_date) AS day FROM churn_day_summaries GROUP BY academy_id
)
SELECT sum(s.rows)::bigint AS subscribers,
    (SELECT count(DISTINCT (a.academy_id, a.user_id)) FROM alerts AS a
        JOIN newest AS n USING (academy_id)
        WHERE a.triggered_on <= n.day AND a.status <> 'RESOLVED') AS with_an_open_one
FROM churn_day_summaries AS s JOIN newest AS n
    ON n.academy_id = s.academy_id AND n.day = s.report_date
"""


async def _rows() -> Sequence[Sequence[dict[str, object]]]:
    async with (
        open_database(Settings.from_environment()) as database,
        database.transaction() as session,
    ):
        connection = await session.connection()
        return [
            [dict(row) for row in (await connection.execute(text(sql))).mappings()]
            for sql in (FIGURES_SQL, SHARE_SQL)
        ]


def main() -> None:
    """Print both tables."""
    console = Console(width=140)
    for rows in asyncio.run(_rows()):
        table = Table(*rows[0]) if rows else Table()
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table)


if __name__ == "__main__":
    main()
