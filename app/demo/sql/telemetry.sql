-- One row a learner and day with a sample, from $first_day to $last_day (counted from 1970-01-01).
-- Engagement follows `vigour` down; for some who fade, frustration rises before they leave.
WITH sampled AS (
  SELECT
    user_id,
    session_second + 9000 AS second,
    today,
    usual_engagement * (0.25 + 0.75 * vigour) + 14 * chance(today, 11) - 7 AS engagement,
    usual_frustration + 16 * chance(today, 12) - 8
      + CASE WHEN grows_frustrated THEN 60 * (1 - vigour) ELSE 0 END AS frustration
  FROM presence($first_day::BIGINT, $last_day::BIGINT)
  WHERE has_telemetry AND chance(today, 10) < 0.7
)
SELECT
  user_id,
  make_timestamp(second * 1000000)::TIMESTAMPTZ AS timestamp,
  CASE
    WHEN chance(today, 13) >= 0.02 THEN round(greatest(0, least(100, engagement)), 1)
  END::DOUBLE AS engagement_score,
  CASE
    WHEN chance(today, 14) >= 0.02 THEN round(greatest(0, least(100, frustration)), 1)
  END::DOUBLE AS frustration_score
FROM sampled
ORDER BY second, user_id;
