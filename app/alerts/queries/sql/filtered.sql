-- The episodes that a list is about; the conditions of the filter are filled in.
WITH filtered AS (
    SELECT alerts.*, alert_rank(severity) AS rank
    FROM alerts
    WHERE resolution IS DISTINCT FROM 'RETRACTED' AND {conditions}
),
