-- One row for each user with a sample in the 35 days before the instant $3: the means over the
-- week from $2 on, and that of the baseline, from $1 until before $2. Samples are summed in whole
-- hundred-millionths, exactly up to 900,000 of a user, so their order never matters: `numeric`
-- would be as exact, and three times as slow. So would be walking the key user by user, which
-- OFFSET 0 keeps the planner from.
SELECT
    user_id,
    sum(engagement) / count(engagement) / 1e8 AS avg_engagement_score,
    sum(frustration) / count(frustration) / 1e8 AS avg_frustration_score,
    sum(engagement_before) / count(engagement_before) / 1e8 AS engagement_baseline
FROM (
    SELECT
        user_id,
        CASE WHEN timestamp >= $2 THEN round(engagement_score * 1e8) END AS engagement,
        CASE WHEN timestamp >= $2 THEN round(frustration_score * 1e8) END AS frustration,
        CASE WHEN timestamp < $2 THEN round(engagement_score * 1e8) END AS engagement_before
    FROM telemetry_samples
    WHERE timestamp >= $1 AND timestamp < $3
    OFFSET 0
) AS samples
GROUP BY user_id
