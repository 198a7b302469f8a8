-- One row for each user with a sample in the 35 days before the instant $3: the means over the
-- week from $2 on, and that of the baseline, from $1 until before $2. Samples are summed in whole
-- hundred-millionths, exactly up to 900,000 of a user, so their order never matters: `numeric`
-- would be as exact, and three times as slow.
SELECT
    user_id,
    avg(round(engagement_score * 1e8)) FILTER (WHERE timestamp >= $2) / 1e8
        AS avg_engagement_score,
    avg(round(frustration_score * 1e8)) FILTER (WHERE timestamp >= $2) / 1e8
        AS avg_frustration_score,
    avg(round(engagement_score * 1e8)) FILTER (WHERE timestamp < $2) / 1e8
        AS engagement_baseline
FROM telemetry_samples
WHERE timestamp >= $1 AND timestamp < $3
GROUP BY user_id
