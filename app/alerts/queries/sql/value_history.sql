-- One row for each day on which the subject of an alert has a value: the newest evaluated day of
-- its academy and the :back days before it, oldest first. The source's query of the value of a day
-- is filled in.
-- :alert_id
SELECT p.report_date, current.value AS score, current.label AS level
FROM (
    SELECT
        alerts.report_type, alerts.academy_id, alerts.user_id,
        mark.report_date - back.days AS report_date
    FROM alerts
    JOIN alert_watermarks AS mark
        ON mark.report_type = alerts.report_type AND mark.academy_id = alerts.academy_id
    CROSS JOIN generate_series(0, CAST(:back AS integer)) AS back (days)
    WHERE alerts.id = CAST(:alert_id AS bigint)
) AS p
CROSS JOIN LATERAL ({current_value}) AS current
ORDER BY p.report_date
