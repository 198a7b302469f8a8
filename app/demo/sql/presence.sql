-- One row a learner and day on which the learner is there: what the day's events are drawn from.
-- Draws are columns before they are compared: DuckDB works out an expression that occurs twice
-- only once, but not within a CASE. `vigour` is 1 for a learner as usual and falls to 0 while one fades.
CREATE MACRO presence(first_day, last_day) AS TABLE
WITH calendar AS (
  SELECT
    learners.*,
    day,
    part(learners.state, day) AS today,
    -- 1970-01-01 was a Thursday: the list begins with it.
    [1.0, 0.85, 0.5, 0.55, 1.1, 1.15, 1.1][1 + day % 7] AS rhythm
  FROM learners
  JOIN range(first_day, last_day + 1) AS days(day) ON day BETWEEN start_day AND end_day
),
drawn AS (
  SELECT
    *,
    part(state, (day + user_id) // 5) AS burst,
    part(state, (day + user_id) // 7 + 1000000) AS week,
    chance(today, 0) AS wish,
    pick(today, 1, 4)::BIGINT AS extra_events,
    pick(today, 2, 7200)::BIGINT AS delay
  FROM calendar
),
paced AS (
  SELECT
    *,
    CASE
      WHEN archetype = 'never_started' THEN CASE WHEN day = start_day THEN 0.6 ELSE 0.0 END
      WHEN archetype = 'trial_lapsing' THEN greatest(0.0, 1 - (day - start_day) / 6.0)
      WHEN archetype <> 'fading' OR day < turning_day THEN 1.0
      WHEN gives_up OR day < turning_day + fading_days
        THEN greatest(0.0, 1 - (day - turning_day) / fading_days)
      ELSE 0.8
    END AS vigour,
    CASE
      WHEN archetype = 'bursty'
        THEN CASE WHEN burst < 0.6 * 4294967296 THEN 1.2 ELSE 0.08 END
      -- Now and then a week off.
      WHEN week < 0.04 * 4294967296 THEN 0.0
      ELSE 1.0
    END AS mood
  FROM drawn
)
SELECT
  user_id, academy_id, second_academy_id, second_start_day, start_day, names_tasks, has_telemetry,
  usual_engagement, usual_frustration, grows_frustrated, day, today, vigour,
  1 + extra_events AS events,
  day * 86400 + usual_second + delay AS session_second
FROM paced
WHERE wish < diligence * rhythm * vigour * mood;
