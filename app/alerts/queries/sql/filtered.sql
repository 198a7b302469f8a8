-- The episodes that a list is about.
WITH chosen AS (
    SELECT alerts.*, alert_rank(severity) AS rank
    FROM alerts
    WHERE resolution IS DISTINCT FROM 'RETRACTED' AND {conditions}
),
