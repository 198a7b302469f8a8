-- One row for each user and moment at which scores were written, since `headsup.since`; of several
-- exercises scored in one moment, their mean. Scores are clamped to 0..100 before, so that no sum
-- overflows; those that are no numbers are NULL.
WITH scored AS (
    SELECT
        user_id,
        updated_at,
        CASE WHEN engagement_score > '-infinity' AND engagement_score < 'infinity'
            THEN least(greatest(engagement_score, 0), 100) END AS engagement,
        CASE WHEN frustration_score > '-infinity' AND frustration_score < 'infinity'
            THEN least(greatest(frustration_score, 0), 100) END AS frustration
    FROM assignments_assignmenttelemetry
    WHERE updated_at >= current_setting('headsup.since')::timestamptz
        AND user_id IS NOT NULL
)
SELECT
    user_id::bigint AS user_id,
    updated_at::timestamptz AS "timestamp",
    avg(engagement)::float8 AS engagement_score,
    avg(frustration)::float8 AS frustration_score
FROM scored
WHERE engagement IS NOT NULL OR frustration IS NOT NULL
GROUP BY user_id, updated_at
