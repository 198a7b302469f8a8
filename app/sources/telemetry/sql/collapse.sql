-- Rows that are identical to another row count once: the first one stays.
WITH twice AS (
    SELECT user_id, timestamp FROM staged GROUP BY user_id, timestamp HAVING count(*) > 1
),
numbered AS (
    SELECT row, row_number() OVER (
        PARTITION BY user_id, timestamp, engagement_score, frustration_score ORDER BY row
    ) AS copy
    FROM staged
    JOIN twice USING (user_id, timestamp)
),
gone AS (
    DELETE FROM staged WHERE row IN (SELECT row FROM numbered WHERE copy > 1) RETURNING 1
)
SELECT count(*) AS repeated FROM gone
