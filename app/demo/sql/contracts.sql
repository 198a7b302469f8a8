-- One row a subscription: a trial, what it converts to, an ordinary one, one in a second academy.
CREATE TABLE contracts AS
WITH offers AS (
  SELECT *, 1 AS slot, archetype LIKE 'trial_%' AS is_trial, start_day AS day FROM learners
  UNION ALL BY NAME
  SELECT *, 2 AS slot, false AS is_trial, start_day + trial_days - pick(state, 20, 4)::BIGINT AS day
  FROM learners
  WHERE archetype = 'trial_converting'
  UNION ALL BY NAME
  SELECT * REPLACE (second_academy_id AS academy_id),
    3 AS slot, false AS is_trial, second_start_day AS day
  FROM learners
  WHERE second_academy_id IS NOT NULL
)
SELECT
  user_id,
  slot,
  part(state, slot) AS state,
  academy_id,
  is_trial,
  moment(day, start_second) AS started_at,
  CASE WHEN is_trial THEN moment(day + trial_days, start_second) END AS trial_ends_at,
  CASE WHEN slot = 1 THEN moment(leave_day, leave_second) END AS left_at,
  leave_status,
  archetype = 'payment_trouble' AND slot = 1 AS has_trouble,
  CASE WHEN archetype = 'payment_trouble' OR slot = 3 THEN 1 ELSE chosen_months END AS months,
  least(moment($first_day::BIGINT, 0), moment(leave_day, leave_second)) AS seen_at,
  moment($last_day::BIGINT + 1, 0) AS until_at
FROM offers
WHERE day <= $last_day::BIGINT
ORDER BY user_id, slot;
