-- One row for each published day of an academy that is to be evaluated, oldest first: the days
-- after its watermark, and the day of the watermark if it was published again. A day that was
-- published for all academies without a row of this one counts too: nobody is live there any
-- longer. No day from the first one on that an active run has still to publish is returned.
-- :report_type, :academies (NULL: all), :limit (so many days)
--
-- The recursive query reads the academies from the index with one probe each, so that the cost
-- does not grow with the number of days when there is nothing to evaluate.
WITH RECURSIVE scope AS (
    SELECT CAST(:report_type AS text) AS report_type, CAST(0 AS bigint) AS academy_id
    UNION ALL
    SELECT scope.report_type, following.academy_id
    FROM scope CROSS JOIN LATERAL (
        SELECT academy_id FROM report_days
        WHERE report_type = scope.report_type AND academy_id > scope.academy_id
        ORDER BY report_type, academy_id
        LIMIT 1
    ) AS following
),
known AS (
    SELECT report_type, academy_id FROM alert_watermarks WHERE report_type = :report_type
    UNION
    SELECT report_type, academy_id FROM scope WHERE academy_id > 0
),
academies AS (
    SELECT known.academy_id, mark.report_date AS marked, mark.revision AS marked_revision,
        mark.first_date
    FROM known
    LEFT JOIN alert_watermarks AS mark USING (report_type, academy_id)
    WHERE CAST(:academies AS bigint[]) IS NULL OR academy_id = ANY(CAST(:academies AS bigint[]))
),
open_days AS (
    SELECT run.academies, day.report_date
    FROM report_runs AS run
    JOIN report_run_days AS day ON day.run_id = run.id
    WHERE run.report_type = :report_type AND run.status IN ('PENDING', 'RUNNING')
        AND NOT run.dry_run AND day.academy_id = 0 AND day.state IN ('PENDING', 'RUNNING')
)
SELECT academies.academy_id, day.report_date, day.revision, day.is_reliable,
    academies.first_date, day.report_date = academies.marked IS TRUE AS is_again
FROM academies
CROSS JOIN LATERAL (
    SELECT own.report_date, own.revision,
        own.state = 'PUBLISHED' AND own.verdict = 'OK' AS is_reliable
    FROM report_days AS own
    WHERE own.report_type = :report_type AND own.academy_id = academies.academy_id
        AND own.revision IS NOT NULL
        AND own.report_date >= coalesce(academies.marked, CAST('-infinity' AS date))
    UNION ALL
    SELECT whole.report_date, whole.revision, TRUE
    FROM report_days AS whole
    WHERE whole.report_type = :report_type AND whole.academy_id = 0
        AND whole.state = 'PUBLISHED' AND whole.report_date >= academies.marked
        AND NOT EXISTS (
            SELECT FROM report_days AS own
            WHERE own.report_type = :report_type AND own.report_date = whole.report_date
                AND own.academy_id = academies.academy_id
                AND own.report_date >= academies.marked)
) AS day
WHERE (day.report_date, day.revision) IS DISTINCT FROM
        (academies.marked, academies.marked_revision)
    AND NOT EXISTS (
        SELECT FROM open_days
        WHERE open_days.report_date <= day.report_date
            AND open_days.report_date >= coalesce(academies.marked, CAST('-infinity' AS date))
            AND (open_days.academies IS NULL OR academies.academy_id = ANY(open_days.academies)))
ORDER BY academies.academy_id, day.report_date
LIMIT CAST(:limit AS bigint)
