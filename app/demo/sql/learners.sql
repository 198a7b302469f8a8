-- One row a learner: who they are, the hidden archetype, and the days on which things happen.
-- Days are counted from 1970-01-01. Archetypes that end by themselves are given out in proportion
-- to `stretch`, the length of the story against 94 days, so that the share that leaves in a month
-- does not depend on the length of the plan.
CREATE TABLE learners AS
WITH story AS (
  SELECT
    $first_day::BIGINT AS first_day,
    $last_day::BIGINT AS last_day,
    $last_day::BIGINT - $first_day::BIGINT + 21 AS horizon,
    least(($last_day::BIGINT - $first_day::BIGINT + 21) / 94.0, 2.5) AS stretch
),
numbered AS (
  SELECT story.*, user_id, part(mix($seed::UBIGINT), user_id) AS state
  FROM story, range(1, $learners::BIGINT + 1) AS numbers(user_id)
),
people AS (
  SELECT
    *,
    chance(state, 1) AS nature,
    chance(state, 4) AS patience,
    chance(state, 5) AS arrival,
    chance(state, 6) AS arrived,
    chance(state, 11) AS leaving
  FROM numbered
),
told AS (
  SELECT
    *,
    -- The first academy has half of the learners.
    1 + floor($academies::BIGINT * chance(state, 0) * chance(state, 0))::BIGINT AS academy_id,
    user_id % 50 = 2 AND $academies::BIGINT > 1 AS in_two_academies,
    CASE
      WHEN nature < 0.075 * stretch THEN 'fading'
      WHEN nature < 0.105 * stretch THEN 'never_started'
      WHEN nature < 0.155 * stretch THEN 'trial_converting'
      WHEN nature < 0.205 * stretch THEN 'trial_lapsing'
      WHEN nature < 0.205 * stretch + 0.05 THEN 'payment_trouble'
      WHEN nature < 0.205 * stretch + 0.15 THEN 'bursty'
      ELSE 'steady'
    END AS archetype,
    last_day - pick(state, 2, horizon)::BIGINT AS turning_day,
    10 + pick(state, 3, 15)::BIGINT AS fading_days,
    patience < 0.85 AS gives_up,
    CASE
      WHEN arrival < 0.003 * (last_day - first_day)
        THEN last_day - floor((last_day - first_day + 1) * arrived)::BIGINT
      ELSE first_day - 1 - floor(730 * arrived * arrived)::BIGINT
    END AS usual_start
  FROM people
),
begun AS (
  SELECT
    *,
    -- Even, where the second of a departure is odd: the two never fall on one instant.
    28800 + 2 * pick(state, 7, 21600)::BIGINT AS start_second,
    CASE
      WHEN archetype = 'fading' THEN least(usual_start, turning_day - 15)
      WHEN archetype IN ('never_started', 'trial_converting', 'trial_lapsing') THEN turning_day
      ELSE usual_start
    END AS start_day
  FROM told
),
planned AS (
  SELECT
    *,
    CASE
      WHEN in_two_academies OR archetype IN ('trial_converting', 'payment_trouble') THEN NULL
      WHEN archetype = 'fading' AND gives_up
        THEN turning_day + fading_days - 3 + pick(state, 8, 14)::BIGINT
      WHEN archetype = 'never_started' AND gives_up THEN start_day + 9 + pick(state, 8, 18)::BIGINT
      WHEN archetype IN ('steady', 'bursty')
        AND patience < 0.03 * stretch AND turning_day > start_day + 7 THEN turning_day
    END AS planned_leave_day
  FROM begun
)
SELECT
  user_id,
  state,
  academy_id,
  CASE WHEN in_two_academies THEN academy_id % $academies::BIGINT + 1 END AS second_academy_id,
  archetype,
  start_day,
  start_second,
  turning_day,
  fading_days,
  gives_up AND NOT in_two_academies AS gives_up,
  7 + 7 * pick(state, 9, 2)::BIGINT AS trial_days,
  least(start_day + 20, last_day) AS second_start_day,
  CASE WHEN planned_leave_day <= last_day THEN planned_leave_day END AS leave_day,
  28801 + 2 * pick(state, 10, 21600)::BIGINT AS leave_second,
  least(coalesce(planned_leave_day, last_day), last_day) AS end_day,
  CASE
    WHEN archetype IN ('fading', 'never_started') OR leaving < 0.7 THEN 'CANCELLED'
    WHEN leaving < 0.95 THEN 'FULLY_PAID'
    ELSE 'DEPRECATED'
  END AS leave_status,
  [1, 1, 1, 1, 1, 1, 1, 3, 6, 12][1 + pick(state, 12, 10)::BIGINT] AS chosen_months,
  0.5 + 0.45 * chance(state, 13) AS diligence,
  21600 + pick(state, 14, 43200)::BIGINT AS usual_second,
  chance(state, 15) < 0.4 AS has_telemetry,
  55 + 30 * chance(state, 16) AS usual_engagement,
  10 + 30 * chance(state, 17) + CASE WHEN chance(state, 18) < 0.04 THEN 35 ELSE 0 END
    AS usual_frustration,
  chance(state, 19) < 0.6 AS grows_frustrated,
  user_id % 97 <> 3 AS names_tasks
FROM planned
ORDER BY user_id;
