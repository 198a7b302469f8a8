-- Numbers the episodes of each learner of an academy in the order of the list, and counts them.
SELECT
    filtered.*,
    row_number() OVER (PARTITION BY report_type, academy_id, user_id
        ORDER BY rank DESC, triggered_at DESC, id DESC) AS position,
    count(*) OVER (PARTITION BY report_type, academy_id, user_id) AS alerts
FROM filtered
