-- Says of each episode that opened before :before what its learner did in the 30 days that
-- followed; after churned.sql. A trial that ended, or another end, is no churn: STAYED.
, marked AS (
    UPDATE alert_watermarks SET changes = changes + 1
    WHERE (report_type, academy_id) IN (
        SELECT report_type, academy_id FROM alerts
        WHERE result = 'PENDING' AND triggered_on < CAST(:before AS date))
),
told AS (
    SELECT
        alerts.id,
        bool_or(NOT left_for_good.has_completed) AS has_left,
        bool_or(left_for_good.has_completed) AS has_completed
    FROM alerts
    LEFT JOIN left_for_good
        ON left_for_good.academy_id = alerts.academy_id
        AND left_for_good.user_id = alerts.user_id
        AND left_for_good.left_on > alerts.triggered_on
        AND left_for_good.left_on <= alerts.triggered_on + 30
    WHERE alerts.result = 'PENDING' AND alerts.triggered_on < CAST(:before AS date)
    GROUP BY alerts.id
)
UPDATE alerts
SET result = CASE
    WHEN told.has_left THEN 'LEFT' WHEN told.has_completed THEN 'COMPLETED' ELSE 'STAYED' END
FROM told
WHERE told.id = alerts.id
RETURNING alerts.id
