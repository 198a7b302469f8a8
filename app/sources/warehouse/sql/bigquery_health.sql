-- Grain: one row. What some days' events are like; `ahead` are in the future.
-- Reads `activity`.
SELECT
  COUNT(*) AS events,
  COUNT(id) - COUNT(DISTINCT id) AS repeats,
  COUNTIF(academy_id IS NULL) AS without_academy,
  COUNTIF(timestamp > @now) AS ahead,
  UNIX_MICROS(MAX(CASE WHEN timestamp <= @now THEN timestamp END)) AS newest_micros
FROM activity
