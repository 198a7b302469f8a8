-- Writes the result of each episode that opened before :before: what its subject did within the
-- :days days after the opening. An end that the source does not select as an outcome, such as the
-- end of a trial, leaves the result STAYED. The source's query of outcomes is filled in.
-- :report_type
WITH outcomes AS (
{outcomes}
),
changed_academies AS (
    UPDATE alert_watermarks SET changes = changes + 1
    WHERE (report_type, academy_id) IN (
        SELECT report_type, academy_id FROM alerts
        WHERE report_type = :report_type AND result = 'PENDING'
            AND triggered_on < CAST(:before AS date))
),
results AS (
    SELECT
        alerts.id,
        bool_or(outcomes.result = 'LEFT') AS has_left,
        bool_or(outcomes.result = 'COMPLETED') AS has_completed
    FROM alerts
    LEFT JOIN outcomes
        ON outcomes.academy_id = alerts.academy_id
        AND outcomes.user_id = alerts.user_id
        AND outcomes.happened_on > alerts.triggered_on
        AND outcomes.happened_on <= alerts.triggered_on + CAST(:days AS integer)
    WHERE alerts.report_type = :report_type AND alerts.result = 'PENDING'
        AND alerts.triggered_on < CAST(:before AS date)
    GROUP BY alerts.id
)
UPDATE alerts
SET result = CASE
    WHEN results.has_left THEN 'LEFT' WHEN results.has_completed THEN 'COMPLETED' ELSE 'STAYED' END
FROM results
WHERE results.id = alerts.id
RETURNING alerts.id
