-- One row for each day that is due, oldest first: of the :days days up to :last, one that is
-- missing, held or failed; one with a publication in its window newer than its own; one of which a
-- later scan sees another number of active subscribers than was recorded. `is_only_held` says that
-- there is no other reason.
--
-- What a scan sees of an earlier day is counted among the subscribers of the scan's own day. So it
-- is compared with what the scan of the day before saw: those two have nearly the same subscribers,
-- and what differs is what arrived in between. Days of one run were seen by one scan.
WITH asked AS (
    SELECT CAST(:last AS date) - n AS day FROM generate_series(0, CAST(:days AS int) - 1) AS n
),
ledger AS (
    SELECT academy_id, report_date, state, updated_at, revision, checked_revision, run_id,
        active_by_day
    FROM report_days
    WHERE report_type = :report_type
        AND report_date
            BETWEEN CAST(:last AS date) - CAST(:days AS int) - CAST(:window_days AS int) AND :last
),
compared AS (
    SELECT ledger.*,
        max(revision) OVER (
            PARTITION BY academy_id ORDER BY report_date
            RANGE BETWEEN CAST(:window_days AS int) * INTERVAL '1 day' PRECEDING
                AND INTERVAL '1 day' PRECEDING
        ) AS newest_in_window,
        lag(report_date) OVER in_order AS before_date,
        lag(run_id) OVER in_order AS before_run_id,
        lag(active_by_day) OVER in_order AS before_active
    FROM ledger
    WHERE academy_id <> 0
    WINDOW in_order AS (PARTITION BY academy_id ORDER BY report_date)
),
seen AS (
    SELECT academy_id, report_date - back AS day, revision,
        before_active[back] AS recorded, active_by_day[back + 1] AS counted
    FROM compared CROSS JOIN generate_series(1, CAST(:window_days AS int)) AS back
    WHERE before_date = report_date - 1 AND before_run_id <> run_id
),
due AS (
    SELECT day, FALSE AS is_held FROM asked
    WHERE NOT EXISTS (SELECT FROM ledger WHERE academy_id = 0 AND report_date = asked.day)
    UNION
    SELECT report_date, state = 'HELD' FROM ledger
    WHERE state <> 'PUBLISHED' AND updated_at < CAST(:tried_before AS timestamptz)
    UNION
    SELECT report_date, FALSE FROM compared
    WHERE state = 'PUBLISHED' AND newest_in_window > coalesce(checked_revision, revision)
    UNION
    SELECT seen.day, FALSE
    FROM seen JOIN compared AS own
        ON own.academy_id = seen.academy_id AND own.report_date = seen.day
    WHERE own.state = 'PUBLISHED'
        AND seen.revision > coalesce(own.checked_revision, own.revision)
        AND abs(counted - recorded) >= CAST(:drift_subscribers AS int)
        AND abs(counted - recorded) * 100 >= CAST(:drift_percent AS int) * recorded
)
SELECT day, bool_and(is_held) AS is_only_held FROM due JOIN asked USING (day)
WHERE NOT EXISTS (
    SELECT FROM report_runs AS run JOIN report_run_days AS at_work ON at_work.run_id = run.id
    WHERE run.status IN ('PENDING', 'RUNNING') AND run.report_type = :report_type
        AND run.academies IS NULL AND NOT run.dry_run
        AND at_work.report_date = due.day AND at_work.academy_id = 0
        AND at_work.state IN ('PENDING', 'RUNNING')
)
GROUP BY day
ORDER BY day
