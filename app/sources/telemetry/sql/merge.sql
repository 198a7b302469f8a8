-- Takes over the samples of `staged`, with scores of 0 to 100. Each score is clamped by itself:
-- of NULL, which stays unknown, greatest() would make 0.
UPDATE staged
SET engagement_score = least(greatest(engagement_score, 0), 100)
WHERE engagement_score NOT BETWEEN 0 AND 100;

UPDATE staged
SET frustration_score = least(greatest(frustration_score, 0), 100)
WHERE frustration_score NOT BETWEEN 0 AND 100;

WITH compared AS (
    SELECT
        known.user_id IS NULL AS is_new,
        (known.engagement_score, known.frustration_score)
            IS DISTINCT FROM (staged.engagement_score, staged.frustration_score) AS differs
    FROM staged
    LEFT JOIN telemetry_samples AS known USING (user_id, timestamp)
)
SELECT
    count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new AND differs) AS changed,
    count(*) FILTER (WHERE NOT is_new AND NOT differs) AS unchanged
FROM compared;

INSERT INTO telemetry_samples AS known (
    user_id, timestamp, engagement_score, frustration_score
)
SELECT user_id, timestamp, engagement_score, frustration_score
FROM staged
ORDER BY timestamp, user_id
ON CONFLICT (user_id, timestamp) DO UPDATE SET
    engagement_score = excluded.engagement_score,
    frustration_score = excluded.frustration_score
WHERE (known.engagement_score, known.frustration_score)
    IS DISTINCT FROM (excluded.engagement_score, excluded.frustration_score)
