-- One row for each user with a sample in the 35 days before the instant $3: the means over the
-- week from $2 on, and that of the baseline, from $1 until before $2. Sums are exact, so the
-- order of the samples never matters.
SELECT
    user_id,
    round(avg(engagement_score::numeric) FILTER (WHERE timestamp >= $2), 10)::float8
        AS avg_engagement_score,
    round(avg(frustration_score::numeric) FILTER (WHERE timestamp >= $2), 10)::float8
        AS avg_frustration_score,
    round(avg(engagement_score::numeric) FILTER (WHERE timestamp < $2), 10)::float8
        AS engagement_baseline
FROM telemetry_samples
WHERE timestamp >= $1 AND timestamp < $3
GROUP BY user_id
