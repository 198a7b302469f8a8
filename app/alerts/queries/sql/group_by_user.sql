-- Numbers the episodes of a learner of an academy, as they are listed, and counts them.
SELECT
    chosen.*,
    row_number() OVER (PARTITION BY report_type, academy_id, user_id
        ORDER BY rank DESC, triggered_at DESC, id DESC) AS place,
    count(*) OVER (PARTITION BY report_type, academy_id, user_id) AS alerts
FROM chosen
